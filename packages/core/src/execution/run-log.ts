import type { ExecutionError } from '../contract/errors.ts'
import { decode } from '../protocol/codec.ts'
import { formatMessage, type HostMessage, type LogLevel, parseMessage } from '../protocol/messages.ts'
import { Attachments } from './attachments.ts'
import type { RunWriter } from './run-writer.ts'
import type { Settled } from './tool-calls.ts'

/**
 * Entry of a run's log. `in` and `settled` are the messages to the guest, in order; together they bring a fresh guest to
 * the same state. Values are texts of the codec, and times are milliseconds since the start of the run.
 */
export type RunEntry =
  /** Message to the guest that does not settle a call: its start, or a wake-up. */
  | { readonly type: 'in'; readonly message: string }
  | CallEntry
  | StartedEntry
  | SettledEntry
  | AskedEntry
  | DecidedEntry
  | ResolvedEntry
  | LogLineEntry
  /** The run gave up its guest. `dueAt`: when its next timer is due, in milliseconds since the epoch. */
  | { readonly type: 'suspended'; readonly timeMs: number; readonly dueAt?: number }
  /** A fresh guest on this engine reached the same state. */
  | { readonly type: 'resumed'; readonly engine: string }
  | EndedEntry
  /** Written before a call is undone. */
  | { readonly type: 'reverting'; readonly call: number }
  | RevertedEntry

/** Tool call of the guest, with its input as the codec encoded it. */
export interface CallEntry {
  readonly type: 'call'
  /** Number of the call, from 1. */
  readonly call: number
  readonly tool: string
  readonly input: string
  readonly timeMs: number
}

/** Written before a tool is called. */
interface StartedEntry {
  readonly type: 'started'
  readonly call: number
  /** Number of the attempt, from 1. */
  readonly attempt: number
}

/** Outcome of a call. It is also the message that tells the guest. */
export interface SettledEntry {
  readonly type: 'settled'
  readonly call: number
  /** Time of the guest's clock, in milliseconds since the epoch. */
  readonly now: number
  readonly timeMs: number
  readonly outcome: Settled
}

/** A call waits for a decision. */
interface AskedEntry {
  readonly type: 'asked'
  readonly call: number
  /** Validated input that was shown. */
  readonly input: string
  /** SHA-256 of the tool and the input, in hexadecimal. A decision names it. */
  readonly digest: string
  readonly reasons: readonly string[]
  /** Time after which the call counts as denied, in milliseconds since the epoch. */
  readonly expiresAt?: number
}

/** A decision on a call that was asked about. `decision` is encoded, since it may hold an edited input. */
interface DecidedEntry {
  readonly type: 'decided'
  readonly call: number
  readonly decision: string
  readonly by?: string
  readonly note?: string
}

/** Decision on a call that was started and has no outcome. `resolution` is encoded, since it may hold an output. */
interface ResolvedEntry {
  readonly type: 'resolved'
  readonly call: number
  readonly resolution: string
  readonly by?: string
  readonly note?: string
}

/** Console message of the guest. */
export interface LogLineEntry {
  readonly type: 'log'
  readonly level: LogLevel
  readonly text: string
  readonly timeMs: number
  readonly truncated?: true
}

/** End of the run: the message with which the guest reported it, or the error with which the host ended it. */
export interface EndedEntry {
  readonly type: 'ended'
  readonly status: 'succeeded' | 'failed'
  readonly timeMs: number
  readonly message?: string
  readonly error?: ExecutionError
}

/** A call was undone, or could not be. */
interface RevertedEntry {
  readonly type: 'reverted'
  readonly call: number
  readonly ok: boolean
  /** Why it could not be undone. */
  readonly message?: string
}

/** State of one call in the log. */
export interface CallState {
  readonly made: CallEntry
  attempts: number
  asked?: AskedEntry
  decided?: DecidedEntry | undefined
  resolved?: ResolvedEntry | undefined
  settled?: SettledEntry
  isReverting?: boolean
  reverted?: RevertedEntry | undefined
}

/** The first difference between a record and the run that repeats it. */
export interface Divergence {
  /** Recorded entry. Undefined if the record has none here. */
  readonly expected: CallEntry | LogLineEntry | undefined
  /** Undefined if the run did less than was recorded. */
  readonly received: Omit<CallEntry, 'timeMs'> | Omit<LogLineEntry, 'timeMs'> | undefined
}

/** Maximum length of the recorded messages, inputs and console messages of one run, in UTF-16 code units. */
const MAX_LENGTH = 32 * 1024 * 1024

/**
 * Log of one run. The messages to the guest bring a fresh guest to the same state, and what the guest does on the way is
 * compared with the record, so that no tool is called twice.
 */
export class RunLog {
  readonly #entries: RunEntry[] = []
  readonly #calls: CallState[] = []
  readonly #lines: LogLineEntry[] = []
  /** Binary parts of the outputs. They are kept even if the log is too long. */
  readonly attachments = new Attachments()
  #writer: RunWriter | undefined
  #length = 0
  #messages = 0
  #callCount = 0
  #elapsedMs = 0

  /** @param record entries to continue. Default: none */
  constructor(record: readonly RunEntry[] = []) {
    for (const entry of record) this.#keep(entry)
  }

  /** Entries in order. Empty once the log exceeded its maximum length. */
  get entries(): readonly RunEntry[] {
    return this.#entries
  }

  /** Whether the whole run is recorded. False once the log exceeded its maximum length. */
  get isWhole(): boolean {
    return this.#length <= MAX_LENGTH
  }

  /** Whether the log is kept in a store. */
  get isStored(): boolean {
    return this.#writer !== undefined
  }

  /** Number of messages to the guest, including those that were not kept. */
  get messageCount(): number {
    return this.#messages
  }

  /** Number of calls, including those that were not kept. */
  get callCount(): number {
    return this.#callCount
  }

  /** Recorded calls, sorted by number. */
  get calls(): readonly CallState[] {
    return this.#calls
  }

  /** Recorded console messages, in order. */
  get lines(): readonly LogLineEntry[] {
    return this.#lines
  }

  /** Time of the last entry that has one, in milliseconds since the start of the run. */
  get elapsedMs(): number {
    return this.#elapsedMs
  }

  /** Times after which calls that wait count as denied, in milliseconds since the epoch. */
  get expirations(): number[] {
    return this.#calls.flatMap(({ asked, decided, settled }) =>
      decided === undefined && settled === undefined ? (asked?.expiresAt ?? []) : [],
    )
  }

  /** Time of the guest's clock in the last message to it, in milliseconds since the epoch. */
  get lastTold(): number {
    const last = this.#entries.findLast(({ type }) => type === 'in' || type === 'settled')
    if (last?.type === 'settled') return last.now
    return last?.type === 'in' ? (parseMessage(last.message).header as { now: number }).now : 0
  }

  /** The entry with which the run ended, or undefined if it has not. */
  get end(): EndedEntry | undefined {
    // Only the undoing of calls follows.
    return this.#entries.findLast((entry) => entry.type === 'ended')
  }

  /** Messages to the guest, in order. */
  get messages(): string[] {
    return this.#entries.flatMap((entry) => {
      if (entry.type === 'in') return [entry.message]
      return entry.type === 'settled' ? [settledMessage(entry)] : []
    })
  }

  /** Writes what is added from now on to a store. */
  writeTo(writer: RunWriter): void {
    this.#writer = writer
  }

  add(entry: RunEntry): void {
    this.#keep(entry)
    this.#writer?.add(entry)
  }

  /** Decodes a value of the guest, with the bytes of its attachments. */
  decode(payload: string): unknown {
    const value = decode(payload)
    this.attachments.fillIn(value, payload)
    return value
  }

  /** Returns a promise that resolves when the store has everything; undefined if there is no store. */
  flush(): Promise<void> | undefined {
    return this.#writer?.flush()
  }

  #keep(entry: RunEntry): void {
    if (entry.type === 'in' || entry.type === 'settled') this.#messages++
    if (entry.type === 'call') this.#callCount++
    if (entry.type === 'settled' && entry.outcome.ok) this.attachments.add(entry.outcome.attachments)
    if ('timeMs' in entry) this.#elapsedMs = entry.timeMs
    this.#length += lengthOf(entry)
    if (!this.isWhole) {
      this.#entries.length = 0
      this.#calls.length = 0
      this.#lines.length = 0
      return
    }
    this.#entries.push(entry)
    this.#index(entry)
  }

  #index(entry: RunEntry): void {
    switch (entry.type) {
      case 'call':
        this.#calls.push({ made: entry, attempts: 0 })
        return
      case 'log':
        this.#lines.push(entry)
        return
      case 'started':
        Object.assign(this.#of(entry), { attempts: entry.attempt, resolved: undefined })
        return
      case 'asked':
        Object.assign(this.#of(entry), { asked: entry, decided: undefined })
        return
      case 'reverting':
        Object.assign(this.#of(entry), { isReverting: true, reverted: undefined })
        return
      case 'settled':
      case 'decided':
      case 'resolved':
      case 'reverted':
        Object.assign(this.#of(entry), { [entry.type]: entry })
        return
      default:
    }
  }

  #of({ call }: { readonly call: number }): CallState {
    const state = this.#calls[call - 1]
    if (state === undefined) throw new Error(`The log names call ${call} before it was made`)
    return state
  }
}

/** Returns the message that tells the guest how a call ended. */
export function settledMessage({ call: id, now, outcome }: SettledEntry): string {
  if (outcome.ok) {
    const handles = outcome.attachments?.map(({ handle }) => handle)
    const header = { type: 'returned', now, id, ...(handles && { attachments: handles }) } satisfies HostMessage
    return formatMessage(header, outcome.payload)
  }
  const { code, message } = outcome
  return formatMessage({ type: 'failed', now, id, error: { code, message } } satisfies HostMessage)
}

/** Length of what the guest and the host put into an entry. */
function lengthOf(entry: RunEntry): number {
  switch (entry.type) {
    case 'in':
      return entry.message.length
    case 'ended':
      return entry.message?.length ?? 0
    case 'call':
      return entry.tool.length + entry.input.length
    case 'settled':
      return entry.outcome.ok ? entry.outcome.payload.length : entry.outcome.message.length
    case 'asked':
      return entry.input.length
    case 'decided':
      return entry.decision.length
    case 'resolved':
      return entry.resolution.length
    case 'log':
      return entry.text.length
    case 'started':
    case 'suspended':
    case 'resumed':
    case 'reverting':
    case 'reverted':
      return 0
    default:
      return entry satisfies never
  }
}
