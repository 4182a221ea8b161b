import type { LogLevel } from '../protocol/messages.ts'

/** Entry of a run's log. Messages to the guest are in `in` entries; the others are what the guest did. */
export type RunEntry =
  | { readonly type: 'in'; readonly message: string }
  | CallEntry
  | LogLineEntry
  /** Message with which the guest reported the end of its program. */
  | { readonly type: 'ended'; readonly message: string }

/** Tool call of the guest, with its input as the codec encoded it. */
export interface CallEntry {
  readonly type: 'call'
  /** Number of the call, from 1. */
  readonly call: number
  readonly tool: string
  readonly input: string
}

/** Console message of the guest. */
export interface LogLineEntry {
  readonly type: 'log'
  readonly level: LogLevel
  readonly text: string
}

/** The first difference between a record and the run that repeats it. */
export interface Divergence {
  /** Recorded entry. Undefined if the record has none here. */
  readonly expected: CallEntry | LogLineEntry | undefined
  readonly received: CallEntry | LogLineEntry
}

/** Maximum length of the recorded messages, inputs and console messages of one run, in UTF-16 code units. */
const MAX_LENGTH = 32 * 1024 * 1024

/**
 * Log of one run. The messages bring a fresh guest to the same state, and what the guest does on the way is compared
 * with the record, so that no tool is called twice.
 */
export class RunLog {
  readonly #entries: RunEntry[] = []
  readonly #calls: CallEntry[] = []
  readonly #lines: LogLineEntry[] = []
  #length = 0
  #messages = 0

  /** Creates a log that continues a record. */
  static from(entries: readonly RunEntry[]): RunLog {
    const log = new RunLog()
    for (const entry of entries) log.#add(entry)
    return log
  }

  /** Entries in order. Empty once the log exceeded its maximum length. */
  get entries(): readonly RunEntry[] {
    return this.#entries
  }

  /** Whether the whole run is recorded. False once the log exceeded its maximum length. */
  get isWhole(): boolean {
    return this.#length <= MAX_LENGTH
  }

  /** Number of messages to the guest, including those that were not kept. */
  get messageCount(): number {
    return this.#messages
  }

  /** Number of recorded console messages. */
  get lineCount(): number {
    return this.#lines.length
  }

  /** Messages to the guest, in order. */
  get messages(): string[] {
    return this.#entries.flatMap((entry) => (entry.type === 'in' ? [entry.message] : []))
  }

  /** Returns the recorded call with this number. */
  call(number: number): CallEntry | undefined {
    return this.#calls[number - 1]
  }

  /** Returns the recorded console message with this number, from 1. */
  line(number: number): LogLineEntry | undefined {
    return this.#lines[number - 1]
  }

  addMessage(message: string): void {
    this.#add({ type: 'in', message })
  }

  addCall(call: number, tool: string, input: string): void {
    this.#add({ type: 'call', call, tool, input })
  }

  addLine(level: LogLevel, text: string): void {
    this.#add({ type: 'log', level, text })
  }

  addEnd(message: string): void {
    this.#add({ type: 'ended', message })
  }

  #add(entry: RunEntry): void {
    if (entry.type === 'in') this.#messages++
    this.#length += lengthOf(entry)
    if (!this.isWhole) {
      this.#entries.length = 0
      this.#calls.length = 0
      this.#lines.length = 0
      return
    }
    this.#entries.push(entry)
    if (entry.type === 'call') this.#calls.push(entry)
    if (entry.type === 'log') this.#lines.push(entry)
  }
}

function lengthOf(entry: RunEntry): number {
  switch (entry.type) {
    case 'in':
    case 'ended':
      return entry.message.length
    case 'call':
      return entry.tool.length + entry.input.length
    case 'log':
      return entry.text.length
    default:
      return entry satisfies never
  }
}
