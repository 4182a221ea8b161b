import type { Catalog } from '../catalog/catalog.ts'
import type { GuestExit, Turn } from '../contract/adapter.ts'
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
import type { ExecutionEvent } from './events.ts'
import { GuestSession } from './guest-session.ts'
import { Inbox } from './inbox.ts'
import { Log } from './log.ts'
import { drawSeed } from './random-seed.ts'
import type { Redact } from './redact.ts'
import type { Executed } from './result.ts'
import type { Divergence, RunLog } from './run-log.ts'
import { normaliseStack } from './stack.ts'
import type { ExecutionSpan } from './telemetry.ts'
import { type Settled, ToolCalls } from './tool-calls.ts'
import { WakeTimer } from './wake-timer.ts'
import { WallTimer } from './wall-timer.ts'

/** Options for {@link driveRun}. */
export interface RunOptions {
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
  /** Records what happens in the run. Empty, unless `isReplay` is set. */
  readonly log: RunLog
  /**
   * Whether to repeat the run of `log` without calling tools. It ends with the last message of the log. Default: false.
   */
  readonly isReplay?: boolean
}

/** The part of a result that describes how the program ended. */
type Outcome = Succeeded | Failed
interface Succeeded extends Pick<Executed, 'remarks' | 'ended'> {
  readonly status: 'succeeded'
  readonly ok: true
  readonly value: unknown
}
interface Failed extends Pick<Executed, 'remarks' | 'ended' | 'divergence'> {
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

/**
 * Runs one program in a fresh guest. Nothing that the guest sends is trusted: the host validates messages, counts calls
 * and measures time.
 *
 * @throws the signal's reason, a `SandboxError`, or an error of `onEvent`. A failed program does not throw.
 */
export function driveRun(options: RunOptions): Promise<Executed> {
  return new RunDriver(options).run()
}

class RunDriver {
  readonly #options: RunOptions
  readonly #settled = Promise.withResolvers<Executed>()
  readonly #console: Log
  readonly #calls: ToolCalls
  readonly #session: GuestSession
  readonly #inbox: Inbox
  readonly #wake: WakeTimer
  #wall: WallTimer | undefined
  /** Numbers of calls and console messages of this guest. They lag behind the log while it repeats a run. */
  #said = { calls: 0, lines: 0 }
  /** Outcome that the guest reported. It applies at the end of the turn, since the program may still be in a loop. */
  #outcome: Outcome | undefined
  readonly #usage: { cpuTimeMs?: number; peakMemoryBytes?: number } = {}

  constructor(options: RunOptions) {
    const { limits, catalog, clock, context, guests, program, redact = false, rules, span, log } = options
    this.#options = options
    this.#console = new Log(limits.logBytes, (entry) => this.#emit({ type: 'log', ...entry }))
    this.#inbox = new Inbox(clock.elapsed)
    this.#wake = new WakeTimer(
      () => clock.tell(),
      (earliest) => this.#send({ type: 'wake', now: clock.tell(earliest) }),
    )
    this.#session = new GuestSession({
      guests,
      log,
      program: { name: program.name, source: program.source },
      memoryBytes: limits.memoryBytes,
      limits: {
        cpuTimeMs: limits.cpuTimeMs,
        // On a busy machine a turn takes longer than its CPU time; only a built-in that never returns takes this long.
        turnMs: limits.cpuTimeMs * 2 + 500,
        outputBytes: limits.messageBytes * FULL_MESSAGES_PER_TURN + limits.resultBytes + limits.logBytes,
      },
      onOutput: (messages) => this.#inbox.add(messages.map((text) => () => this.#onOutput(text))),
      onTurn: (turn) => this.#inbox.add([() => this.#onTurn(turn)]),
      onExit: (exit) => this.#inbox.add([() => this.#onExit(exit)]),
      onUnavailable: (reason) => this.#refuse(reason),
    })
    this.#calls = new ToolCalls({
      catalog,
      pipeline: new CallPipeline({
        catalog,
        messageBytes: limits.messageBytes,
        check: guests.check,
        context,
        rules,
        elapsed: clock.elapsed,
        outputRead: () => this.#inbox.read,
        onForged: (error) => this.#forged(error),
      }),
      concurrent: limits.concurrentToolCalls,
      messageBytes: limits.messageBytes,
      redact,
      within: captureAsyncContext(),
      span,
      elapsed: clock.elapsed,
      onStart: (id, tool) => this.#emit({ type: 'tool-call-start', id, tool, timeMs: clock.elapsed() }),
      onSettled: (id, settled) => this.#deliver(id, settled),
      onRecord: (record) => this.#emit({ type: 'tool-call-end', ...record }),
      onAsking: (isAsking) => (isAsking ? this.#wall?.pause() : this.#wall?.resume()),
    })
  }

  run(): Promise<Executed> {
    const { signal, limits, clock, isReplay } = this.#options
    if (signal.aborted) this.#refuse(signal.reason)
    else {
      signal.addEventListener('abort', this.#abort, { once: true })
      this.#wall = new WallTimer(limits.wallTimeMs, clock.elapsed, () => {
        const waiting = this.#calls.waiting.slice(0, MAX_NAMED).join(', ')
        const why = waiting === '' ? '' : `: it waited for ${clip(waiting)}`
        this.#fail('LIMIT_WALL_TIME', `The program did not end within ${limits.wallTimeMs} ms${why}`)
      })
      this.#session.start(() => (isReplay === true ? this.#session.run() : this.#begin()))
    }
    return this.#settled.promise
  }

  #begin(): void {
    const { catalog, limits, clock } = this.#options
    this.#record({
      type: 'start',
      version: PROTOCOL_VERSION,
      now: clock.tell(),
      seed: drawSeed(),
      limits: { messageBytes: limits.messageBytes, resultBytes: limits.resultBytes, logBytes: limits.logBytes },
      namespaces: catalog.names,
    })
    this.#session.run()
  }

  /** Brings a fresh guest to the state of the lost one. Open tool calls continue, and no call is repeated. */
  #repeat(): void {
    if (!this.#options.log.isWhole)
      return this.#fail('SANDBOX_CRASHED', 'The guest was lost, and its run was too long to record and repeat')
    this.#said = { calls: 0, lines: 0 }
    this.#outcome = undefined
    this.#session.run()
  }

  #record(message: HostMessage, payload?: string): string {
    const text = formatMessage(message, payload)
    this.#options.log.addMessage(text)
    return text
  }

  #send(message: HostMessage, payload?: string): void {
    if (this.#session.isOver) return
    this.#session.send(this.#record(message, payload))
  }

  #deliver(id: number, settled: Settled): void {
    const now = this.#options.clock.tell()
    if (settled.ok) this.#send({ type: 'returned', now, id }, settled.payload)
    else this.#send({ type: 'failed', now, id, error: { code: settled.code, message: settled.message } })
  }

  #onOutput(text: string): void {
    // Messages after the end of the program are ignored.
    if (this.#session.isOver || this.#outcome !== undefined) return
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
        return this.#onLog(message)
      case 'call':
        return this.#onCall(message, payload)
      case 'wake':
        this.#wake.at = message.at
        return
      case 'returned':
        this.#outcome = { ...readResult(payload, limits.resultBytes), remarks: message, ended: text }
        return
      case 'threw':
        this.#outcome = { status: 'failed', ok: false, error: this.#describe(message.error), ended: text }
        return
      default:
        message satisfies never
    }
  }

  #onLog({ level, text, truncated }: Extract<CheckedGuestMessage, { type: 'log' }>): void {
    const { clock, isReplay, log } = this.#options
    const number = ++this.#said.lines
    if (number <= log.lineCount) {
      const known = log.line(number)
      if (isReplay === true && (known?.level !== level || known.text !== text))
        this.#diverge({ expected: known, received: { type: 'log', level, text } })
    } else if (this.#console.add(level, text, clock.elapsed(), truncated === true)) {
      if (isReplay === true) this.#diverge({ expected: undefined, received: { type: 'log', level, text } })
      else log.addLine(level, text)
    }
  }

  #onCall({ id, tool }: Extract<CheckedGuestMessage, { type: 'call' }>, payload: string): void {
    const { limits, isReplay } = this.#options
    if (id !== ++this.#said.calls) throw new ForgedMessageError('a tool call is out of order')
    if (id <= this.#calls.count || isReplay === true) {
      const known = this.#options.log.call(id)
      if (known?.tool === tool && known.input === payload) return
      return this.#diverge({ expected: known, received: { type: 'call', call: id, tool, input: payload } })
    }
    if (id > limits.toolCalls) {
      return this.#fail('LIMIT_TOOL_CALLS', `The program made more than ${limits.toolCalls} tool calls`)
    }
    if (exceedsBytes(payload, limits.messageBytes)) {
      return this.#fail('LIMIT_MESSAGE_SIZE', `The input of ${tool} takes more than ${limits.messageBytes} bytes`)
    }
    this.#options.log.addCall(id, tool, payload)
    this.#calls.make(id, tool, payload)
  }

  #diverge(divergence: Divergence): void {
    this.#finish({
      ...failure(
        'SANDBOX_CRASHED',
        'The guest was lost, and its run could not be repeated: it made different tool calls',
      ),
      divergence,
    })
  }

  #onTurn(turn: Turn): void {
    if (this.#session.isOver) return
    this.#session.acknowledge(turn.index)
    this.#measure(turn)
    if (turn.failed !== undefined) return this.#onTurnFailed(turn.failed)
    if (this.#outcome !== undefined) return this.#finish(this.#outcome)
    if (this.#session.isRepeating) return
    if (this.#options.isReplay !== true) this.#wake.arm()
    const isWaiting = this.#options.isReplay !== true && (this.#wake.at !== null || this.#calls.isOpen)
    if (this.#session.isIdle && !isWaiting)
      this.#fail(
        'PROGRAM_STALLED',
        'The program waits for something that can never come: no tool call or timer is open',
      )
  }

  #measure({ cpuTimeMs, memoryBytes }: { readonly cpuTimeMs?: number; readonly memoryBytes?: number }): void {
    if (cpuTimeMs !== undefined) this.#usage.cpuTimeMs = cpuTimeMs
    if (memoryBytes !== undefined) this.#usage.peakMemoryBytes = Math.max(this.#usage.peakMemoryBytes ?? 0, memoryBytes)
  }

  #onTurnFailed({ kind, name, message, line, column }: NonNullable<Turn['failed']>): void {
    const error = { code: kind === 'syntax' ? 'CODE_SYNTAX' : 'CODE_THREW', name, message: clip(message) } as const
    const position =
      line === undefined || column === undefined ? {} : originalPosition(this.#options.program.steps, { line, column })
    this.#finish({ status: 'failed', ok: false, error: { ...error, ...position } })
  }

  #onExit(exit: GuestExit): void {
    if (this.#session.isOver) return
    this.#measure(exit)
    switch (exit.why) {
      case 'terminated':
        return this.#refuse(new SandboxError('SANDBOX_CLOSED', 'The sandbox was closed while the program ran'))
      case 'limit':
        return this.#onLimit(exit)
      case 'crashed':
        return this.#fail('SANDBOX_CRASHED', `The sandbox crashed: ${exit.detail}`)
      case 'lost': {
        const losses = this.#session.replace(exit, () => this.#repeat())
        if (losses === undefined) return
        return this.#fail(
          'SANDBOX_CRASHED',
          `The sandbox crashed ${losses} times while it ran this program: ${exit.detail}`,
        )
      }
      default:
        exit satisfies never
    }
  }

  #onLimit({ limit, detail }: Extract<GuestExit, { why: 'limit' }>): void {
    const { limits } = this.#options
    switch (limit) {
      case 'memory':
        return this.#fail(
          'LIMIT_MEMORY',
          detail === undefined
            ? `The program needs more than ${limits.memoryBytes} bytes of memory`
            : `The program was stopped: ${detail}`,
        )
      case 'stack':
        return this.#fail('LIMIT_STACK', 'The program recurses deeper than the engine can follow')
      case 'cpu':
      case 'turn':
        return this.#fail('LIMIT_CPU', `The program computed for more than ${limits.cpuTimeMs} ms`)
      case 'output':
        return this.#fail('LIMIT_MESSAGE_SIZE', `The guest sent more than ${limits.messageBytes} bytes in one turn`)
      default:
        limit satisfies never
    }
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
    if (outcome.ended !== undefined) this.#options.log.addEnd(outcome.ended)
    this.#settled.resolve({
      ...outcome,
      logs: this.#console.entries,
      calls: this.#calls.records,
      usage: {
        wallTimeMs: this.#options.clock.elapsed(),
        toolCalls: this.#calls.count,
        ...this.#usage,
      },
    })
  }

  #refuse(reason: unknown): void {
    // Reject first: event handlers may throw while `#stop` ends everything, and the first error must win.
    this.#settled.reject(reason)
    this.#stop(reason)
  }

  /**
   * Ends everything that was started. Returns false if the execution was already over.
   *
   * @param reason abort reason for the tools. Default: the program has ended.
   */
  #stop(reason?: unknown): boolean {
    if (this.#session.isOver) return false
    this.#wall?.stop()
    this.#wake.stop()
    this.#options.signal.removeEventListener('abort', this.#abort)
    this.#session.end(reason)
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

const failure = (code: ExecutionErrorCode, message: string): Failed => ({
  status: 'failed',
  ok: false,
  error: { code, name: 'Error', message },
})

const clip = (text: string): string => (text.length <= MAX_ERROR_TEXT ? text : `${text.slice(0, MAX_ERROR_TEXT)}…`)
