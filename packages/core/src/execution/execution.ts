import type { Catalog } from '../catalog/catalog.ts'
import type { Guest, GuestExit, Turn } from '../contract/adapter.ts'
import { type ExecutionError, type ExecutionErrorCode, SandboxError } from '../contract/errors.ts'
import type { Limits } from '../contract/limits.ts'
import { originalPosition } from '../program/positions.ts'
import type { PreparedProgram } from '../program/program.ts'
import { decode, MalformedValueError } from '../protocol/codec.ts'
import { formatMessage, type GuestError, type HostMessage, PROTOCOL_VERSION } from '../protocol/messages.ts'
import { type CheckedGuestMessage, ForgedMessageError, parseGuestMessage } from '../protocol/schemas.ts'
import { exceedsBytes } from '../protocol/size.ts'
import type { GuestSource } from '../sandbox/sandbox.ts'
import { isCostlyToRead, measureValue } from '../values/value-size.ts'
import { captureAsyncContext } from './async-context.ts'
import { CallPipeline } from './call-pipeline.ts'
import type { CallRules } from './call-rules.ts'
import type { Clock } from './clock.ts'
import type { ExecutionEvent, ToolCallRecord } from './events.ts'
import { Journal } from './journal.ts'
import { Log } from './log.ts'
import { drawSeed } from './random-seed.ts'
import type { Redact } from './redact.ts'
import type { Executed } from './result.ts'
import { normaliseStack } from './stack.ts'
import type { ExecutionSpan } from './telemetry.ts'
import { type Settled, ToolCalls } from './tool-calls.ts'
import { WallTimer } from './wall-timer.ts'

/** Options for {@link executeProgram}. */
export interface ExecutionOptions {
  readonly program: PreparedProgram
  /** Clock that started with the execution, which may be before its program was parsed. */
  readonly clock: Clock
  readonly catalog: Catalog
  readonly limits: Required<Limits>
  readonly guests: GuestSource
  readonly signal: AbortSignal
  /** Value that the tools receive. */
  readonly context?: unknown
  /** Filters the messages of failed tool calls. Default: no filter. */
  readonly redact?: false | Redact
  /** Decides which tool calls run, and wraps them. Default: every call runs. */
  readonly rules?: CallRules | undefined
  /** Span that traces the execution. */
  readonly span?: ExecutionSpan | undefined
  readonly onEvent?: ((event: ExecutionEvent) => void) | undefined
  /** Collects the messages of the run. */
  readonly transcript?: Transcript
}

/** All messages of a run. */
export interface Transcript {
  /** Messages to the guest, in order. A fresh guest that receives them repeats the run. */
  readonly journal: string[]
  /** Messages from the guest, in order. */
  readonly output: string[]
}

/** The part of a result that describes how the program ended. */
type Outcome = Succeeded | Failed
interface Succeeded extends Pick<Executed, 'remarks'> {
  readonly status: 'succeeded'
  readonly ok: true
  readonly value: unknown
}
interface Failed extends Pick<Executed, 'remarks'> {
  readonly status: 'failed'
  readonly ok: false
  readonly error: ExecutionError
}

/** Maximum size of a message without its payload. */
const HEADER_BYTES = 4_096
/**
 * Number of messages of maximum size that a guest may send in one turn: concurrent calls send their inputs together.
 */
const FULL_MESSAGES_PER_TURN = 4
const MAX_ERROR_TEXT = 10_000
/** Maximum number of tools that a timeout message lists. */
const MAX_NAMED = 3
/** Maximum number of guests that may be lost during a turn. If more are lost, the program counts as the cause. */
const MAX_LOSSES = 10
/** Time to handle guest messages before yielding to other work of the host, in milliseconds. */
const SLICE_MS = 20
/** Maximum delay that `setTimeout` supports. A guest that is woken early requests another wake-up. */
const MAX_DELAY_MS = 2 ** 31 - 1

/**
 * Runs one program in a fresh guest. Nothing that the guest sends is trusted: the host validates messages, counts calls
 * and measures time.
 *
 * @throws the signal's reason, a `SandboxError`, or an error of `onEvent`. A failed program does not throw.
 */
export function executeProgram(options: ExecutionOptions): Promise<Executed> {
  return new Promise((resolve, reject) => {
    new Execution(options, resolve, reject).start()
  })
}

class Execution {
  readonly #options: ExecutionOptions
  readonly #resolve: (result: Executed) => void
  readonly #reject: (reason: unknown) => void
  readonly #clock: Clock
  readonly #calls: ToolCalls
  readonly #callRecords: ToolCallRecord[] = []
  readonly #log: Log
  /** Ends the wait for a guest. */
  #waiting: AbortController | undefined
  readonly #journal = new Journal()
  #guest: Guest | undefined
  #losses = 0
  #wallTimer: WallTimer | undefined
  #wakeTimer: ReturnType<typeof setTimeout> | undefined
  #wakeAt: number | null = null
  /** Number of messages for the guest so far, including those that it has not received yet. */
  #sent = 0
  #acknowledged = 0
  /**
   * Numbers of calls and logs from this guest. They are lower than the totals while it repeats the run of a lost guest.
   */
  #callsSaid = 0
  #logsSaid = 0
  #logsHeard = 0
  /** Number of messages that repeat the run of a lost guest. */
  #repeated = 0
  /** Handlers of guest messages that are not handled yet. */
  readonly #inbox: (() => void)[] = []
  #isDraining = false
  /** Resolves when the inbox is empty. Unset while it is. */
  #outputRead: PromiseWithResolvers<void> | undefined
  /** Outcome that the guest reported. It applies at the end of the turn, since the program may still be in a loop. */
  #outcome: Outcome | undefined
  #over = false
  #cpuTimeMs: number | undefined
  #peakMemoryBytes: number | undefined

  constructor(options: ExecutionOptions, resolve: (result: Executed) => void, reject: (reason: unknown) => void) {
    const { limits, catalog, clock, context, guests, redact = false, rules, span } = options
    this.#options = options
    this.#clock = clock
    this.#resolve = resolve
    this.#reject = reject
    this.#log = new Log(limits.logBytes, (entry) => this.#emit({ type: 'log', ...entry }))
    const pipeline = new CallPipeline({
      catalog,
      messageBytes: limits.messageBytes,
      check: guests.check,
      context,
      rules,
      elapsed: clock.elapsed,
      outputRead: () => this.#outputRead?.promise,
      onForged: (error) => this.#forged(error),
    })
    this.#calls = new ToolCalls({
      catalog,
      pipeline,
      concurrent: limits.concurrentToolCalls,
      messageBytes: limits.messageBytes,
      redact,
      within: captureAsyncContext(),
      span,
      elapsed: clock.elapsed,
      onStart: (id, tool) => this.#emit({ type: 'tool-call-start', id, tool, timeMs: clock.elapsed() }),
      onSettled: (id, settled) => this.#deliver(id, settled),
      onRecord: (record) => {
        this.#callRecords.push(record)
        this.#emit({ type: 'tool-call-end', ...record })
      },
      onAsking: (isAsking) => (isAsking ? this.#wallTimer?.pause() : this.#wallTimer?.resume()),
    })
  }

  start(): void {
    const { signal, guests, limits } = this.#options
    if (signal.aborted) return this.#reject(signal.reason)
    signal.addEventListener('abort', this.#abort, { once: true })
    this.#wallTimer = new WallTimer(limits.wallTimeMs, this.#clock.elapsed, () => {
      const waiting = this.#calls.waiting.slice(0, MAX_NAMED).join(', ')
      const why = waiting === '' ? '' : `: it waited for ${clip(waiting)}`
      this.#fail('LIMIT_WALL_TIME', `The program did not end within ${limits.wallTimeMs} ms${why}`)
    })
    const ready = guests.takeReady(limits.memoryBytes)
    if (ready !== undefined) return this.#begin(ready)
    this.#obtain(false, (guest) => this.#begin(guest))
  }

  #obtain(alone: boolean, use: (guest: Guest) => void): void {
    const { guests, limits } = this.#options
    this.#waiting = new AbortController()
    guests.take(limits.memoryBytes, this.#waiting.signal, alone).then(
      (guest) => (this.#over ? guests.retire(guest) : use(guest)),
      (error: unknown) => this.#refuse(error),
    )
  }

  #begin(guest: Guest): void {
    const { catalog, limits } = this.#options
    const first = this.#record({
      type: 'start',
      version: PROTOCOL_VERSION,
      now: this.#clock.tell(),
      seed: drawSeed(),
      limits: { messageBytes: limits.messageBytes, resultBytes: limits.resultBytes, logBytes: limits.logBytes },
      namespaces: catalog.names,
    })
    this.#run(guest, first)
  }

  #run(guest: Guest, first: string): void {
    const { program, limits } = this.#options
    this.#guest = guest
    guest.exited.then((exit) => this.#receive(() => this.#onExit(guest, exit)))
    guest.run({
      program: { name: program.name, source: program.source },
      first,
      limits: {
        cpuTimeMs: limits.cpuTimeMs,
        // On a busy machine a turn takes longer than its CPU time; only a built-in that never returns takes this long.
        turnMs: limits.cpuTimeMs * 2 + 500,
        outputBytes: limits.messageBytes * FULL_MESSAGES_PER_TURN + limits.resultBytes + limits.logBytes,
      },
      onOutput: (messages) => {
        for (const text of messages) this.#inbox.push(() => this.#onOutput(text))
        this.#drain()
      },
      onTurn: (turn) => this.#receive(() => this.#onTurn(turn)),
    })
  }

  /** Brings a fresh guest to the state of the lost one. Open tool calls continue, and no call is repeated. */
  #repeat(guest: Guest): void {
    if (!this.#journal.isWhole) {
      this.#guest = guest
      return this.#fail('SANDBOX_CRASHED', 'The guest was lost, and its run was too long to record and repeat')
    }
    const [first, ...rest] = this.#journal.messages
    this.#acknowledged = 0
    this.#repeated = this.#sent
    this.#callsSaid = 0
    this.#logsSaid = 0
    this.#outcome = undefined
    this.#options.transcript?.output.splice(0)
    this.#run(guest, first as string)
    for (const message of rest) guest.send(message)
  }

  #record(message: HostMessage, payload?: string): string {
    const text = formatMessage(message, payload)
    this.#options.transcript?.journal.push(text)
    this.#journal.addMessage(text)
    this.#sent++
    return text
  }

  /** Sends a message. If there is no guest at the moment, the next one receives it from the journal. */
  #send(message: HostMessage, payload?: string): void {
    if (this.#over) return
    const text = this.#record(message, payload)
    this.#guest?.send(text)
  }

  #deliver(id: number, settled: Settled): void {
    const now = this.#clock.tell()
    if (settled.ok) this.#send({ type: 'returned', now, id }, settled.payload)
    else this.#send({ type: 'failed', now, id, error: { code: settled.code, message: settled.message } })
  }

  #receive(action: () => void): void {
    this.#inbox.push(action)
    this.#drain()
  }

  /** Handles the inbox in order and in time slices: one turn may send hundreds of thousands of messages. */
  #drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    const end = this.#clock.elapsed() + SLICE_MS
    let next = 0
    while (next < this.#inbox.length && this.#clock.elapsed() < end) this.#inbox[next++]?.()
    this.#inbox.splice(0, next)
    const later = () => {
      this.#isDraining = false
      this.#drain()
    }
    if (this.#inbox.length > 0) {
      this.#outputRead ??= Promise.withResolvers()
      setTimeout(later)
    } else {
      this.#isDraining = false
      this.#outputRead?.resolve()
      this.#outputRead = undefined
    }
  }

  #onOutput(text: string): void {
    // Messages after the end of the program are ignored.
    if (this.#over || this.#outcome !== undefined) return
    this.#options.transcript?.output.push(text)
    try {
      this.#onMessage(text)
    } catch (error) {
      if (!(error instanceof ForgedMessageError || error instanceof MalformedValueError)) return this.#refuse(error)
      this.#forged(error)
    }
  }

  #forged({ message }: Error): void {
    this.#fail('PROTOCOL_VIOLATION', `The guest's runtime was tampered with: ${message}`)
  }

  #onMessage(text: string): void {
    const { limits } = this.#options
    if (exceedsBytes(text, Math.max(limits.messageBytes, limits.resultBytes, limits.logBytes) + HEADER_BYTES)) {
      return this.#fail('LIMIT_MESSAGE_SIZE', `The guest sent a message of more than ${limits.messageBytes} bytes`)
    }
    const { message, payload } = parseGuestMessage(text)
    switch (message.type) {
      case 'log':
        if (++this.#logsSaid <= this.#logsHeard) return
        this.#logsHeard = this.#logsSaid
        return this.#log.add(message.level, message.text, this.#clock.elapsed(), message.truncated === true)
      case 'call':
        return this.#onCall(message, payload)
      case 'wake':
        this.#wakeAt = message.at
        return
      case 'returned':
        this.#outcome = { ...readResult(payload, limits.resultBytes), remarks: message }
        return
      case 'threw':
        this.#outcome = { status: 'failed', ok: false, error: this.#describe(message.error) }
        return
      default:
        message satisfies never
    }
  }

  #onCall({ id, tool }: Extract<CheckedGuestMessage, { type: 'call' }>, payload: string): void {
    const { limits } = this.#options
    if (id !== ++this.#callsSaid) throw new ForgedMessageError('a tool call is out of order')
    if (id <= this.#calls.count) {
      if (this.#journal.knowsCall(id, tool, payload)) return
      return this.#fail(
        'SANDBOX_CRASHED',
        'The guest was lost, and its run could not be repeated: it made different tool calls',
      )
    }
    if (id > limits.toolCalls) {
      return this.#fail('LIMIT_TOOL_CALLS', `The program made more than ${limits.toolCalls} tool calls`)
    }
    if (exceedsBytes(payload, limits.messageBytes)) {
      return this.#fail('LIMIT_MESSAGE_SIZE', `The input of ${tool} takes more than ${limits.messageBytes} bytes`)
    }
    this.#journal.addCall(tool, payload)
    this.#calls.make(id, tool, payload)
  }

  #onTurn(turn: Turn): void {
    if (this.#over) return
    this.#acknowledged = turn.index + 1
    this.#cpuTimeMs = turn.cpuTimeMs ?? this.#cpuTimeMs
    if (turn.memoryBytes !== undefined) this.#peakMemoryBytes = Math.max(this.#peakMemoryBytes ?? 0, turn.memoryBytes)
    if (turn.failed !== undefined) return this.#onTurnFailed(turn.failed)
    if (this.#outcome !== undefined) return this.#finish(this.#outcome)
    if (this.#acknowledged < this.#repeated) return
    this.#armWake()
    const isIdle = this.#acknowledged === this.#sent && this.#wakeAt === null && !this.#calls.isOpen
    if (isIdle)
      this.#fail(
        'PROGRAM_STALLED',
        'The program waits for something that can never come: no tool call or timer is open',
      )
  }

  #onTurnFailed({ kind, name, message, line, column }: NonNullable<Turn['failed']>): void {
    const error = { code: kind === 'syntax' ? 'CODE_SYNTAX' : 'CODE_THREW', name, message: clip(message) } as const
    if (line === undefined || column === undefined) return this.#finish({ status: 'failed', ok: false, error })
    this.#finish({
      status: 'failed',
      ok: false,
      error: { ...error, ...originalPosition(this.#options.program.steps, { line, column }) },
    })
  }

  /** Sets the one host timer for all timers of the guest, once per turn. */
  #armWake(): void {
    clearTimeout(this.#wakeTimer)
    const at = this.#wakeAt
    if (at === null) return
    const delay = Math.min(Math.max(0, Math.ceil(at - this.#clock.tell())), MAX_DELAY_MS)
    this.#wakeTimer = setTimeout(() => {
      this.#wakeAt = null
      this.#send({ type: 'wake', now: this.#clock.tell(delay === MAX_DELAY_MS ? 0 : at) })
    }, delay)
  }

  #onExit(guest: Guest, exit: GuestExit): void {
    if (this.#over || this.#guest !== guest) return
    this.#cpuTimeMs = exit.cpuTimeMs ?? this.#cpuTimeMs
    const { limits } = this.#options
    switch (exit.why) {
      case 'terminated':
        return this.#refuse(new SandboxError('SANDBOX_CLOSED', 'The sandbox was closed while the program ran'))
      case 'limit':
        switch (exit.limit) {
          case 'memory':
            return this.#fail(
              'LIMIT_MEMORY',
              exit.detail === undefined
                ? `The program needs more than ${limits.memoryBytes} bytes of memory`
                : `The program was stopped: ${exit.detail}`,
            )
          case 'stack':
            return this.#fail('LIMIT_STACK', 'The program recurses deeper than the engine can follow')
          case 'cpu':
          case 'turn':
            return this.#fail('LIMIT_CPU', `The program computed for more than ${limits.cpuTimeMs} ms`)
          case 'output':
            return this.#fail('LIMIT_MESSAGE_SIZE', `The guest sent more than ${limits.messageBytes} bytes in one turn`)
          default:
            return exit.limit satisfies never
        }
      case 'crashed':
        return this.#fail('SANDBOX_CRASHED', `The sandbox crashed: ${exit.detail}`)
      case 'lost':
        return this.#recover(guest, exit)
      default:
        exit satisfies never
    }
  }

  /** Replaces a guest that lost its worker. If it may be the cause, the new one shares no worker. */
  #recover(lost: Guest, { running, detail }: Extract<GuestExit, { why: 'lost' }>): void {
    if (running && ++this.#losses > MAX_LOSSES) {
      return this.#fail(
        'SANDBOX_CRASHED',
        `The sandbox crashed ${this.#losses} times while it ran this program: ${detail}`,
      )
    }
    this.#guest = undefined
    this.#options.guests.retire(lost)
    this.#obtain(running, (guest) => this.#repeat(guest))
  }

  #describe(error: GuestError): ExecutionError {
    const { code, tool, details } = error
    const described = {
      code: code as ExecutionErrorCode,
      name: clip(error.name),
      message: clip(error.message),
      ...(tool !== undefined && { tool }),
      ...(details !== undefined && { details }),
    }
    const normalised = error.stack === undefined ? undefined : normaliseStack(error.stack, this.#options.program)
    return normalised === undefined ? described : { ...described, stack: normalised.stack, ...normalised.position }
  }

  readonly #abort = (): void => this.#refuse(this.#options.signal.reason)

  #emit(event: ExecutionEvent): void {
    try {
      const handled: unknown = this.#options.onEvent?.(event)
      if (handled instanceof Promise) handled.catch((error: unknown) => this.#refuse(error))
    } catch (error) {
      this.#refuse(error)
    }
  }

  #fail(code: ExecutionErrorCode, message: string): void {
    this.#finish(failure(code, message))
  }

  #finish(outcome: Outcome): void {
    if (!this.#stop()) return
    this.#resolve({
      ...outcome,
      logs: this.#log.entries,
      calls: this.#callRecords.sort((left, right) => left.id - right.id),
      usage: {
        wallTimeMs: this.#clock.elapsed(),
        toolCalls: this.#calls.count,
        ...(this.#cpuTimeMs === undefined ? {} : { cpuTimeMs: this.#cpuTimeMs }),
        ...(this.#peakMemoryBytes === undefined ? {} : { peakMemoryBytes: this.#peakMemoryBytes }),
      },
    })
  }

  #refuse(reason: unknown): void {
    // Reject first: event handlers may throw while `#stop` ends everything, and the first error must win.
    this.#reject(reason)
    this.#stop(reason)
  }

  /**
   * Ends everything that was started. Returns false if the execution was already over.
   *
   * @param reason abort reason for the tools. Default: the program has ended.
   */
  #stop(reason?: unknown): boolean {
    if (this.#over) return false
    this.#over = true
    this.#wallTimer?.stop()
    clearTimeout(this.#wakeTimer)
    this.#options.signal.removeEventListener('abort', this.#abort)
    if (this.#guest === undefined) this.#waiting?.abort(reason)
    else this.#options.guests.retire(this.#guest)
    this.#calls.cancel(reason)
    return true
  }
}

/** Decodes a result. A graph may be far larger than its text, since shared parts count at every reference. */
function readResult(payload: string, limit: number): Outcome {
  const isTooLarge = exceedsBytes(payload, limit) || isCostlyToRead(payload)
  const value = isTooLarge ? undefined : decode(payload)
  if (isTooLarge || (payload.startsWith('g') && measureValue(value).characters > limit)) {
    return failure('LIMIT_RESULT_SIZE', `The result takes more than ${limit} bytes, or holds too many values`)
  }
  return { status: 'succeeded', ok: true, value }
}

const failure = (code: ExecutionErrorCode, message: string): Outcome => ({
  status: 'failed',
  ok: false,
  error: { code, name: 'Error', message },
})

const clip = (text: string): string => (text.length <= MAX_ERROR_TEXT ? text : `${text.slice(0, MAX_ERROR_TEXT)}…`)
