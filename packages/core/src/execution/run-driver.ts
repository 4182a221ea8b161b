import type { Catalog } from '../catalog/catalog.ts'
import { type GuestNames, mentionedNames, pathsOf } from '../catalog/mentioned-names.ts'
import type { CatalogTool, Namespace } from '../catalog/namespace.ts'
import { type ProgramReach, reachOf } from '../checking/program-reach.ts'
import type { GuestExit, Turn } from '../contract/adapter.ts'
import { type ExecutionErrorCode, SandboxError } from '../contract/errors.ts'
import type { Limits } from '../contract/limits.ts'
import { builtinNamespace, isLookup } from '../discovery/builtin-namespace.ts'
import { ToolDirectory } from '../discovery/tool-directory.ts'
import { originalPosition } from '../program/positions.ts'
import type { PreparedProgram } from '../program/program.ts'
import { MalformedValueError } from '../protocol/codec.ts'
import { formatMessage, type HostMessage, PROTOCOL_VERSION, parseMessage } from '../protocol/messages.ts'
import { type CheckedGuestMessage, ForgedMessageError, parseGuestMessage } from '../protocol/schemas.ts'
import { exceedsBytes } from '../protocol/size.ts'
import type { GuestSource } from '../sandbox/sandbox.ts'
import { captureAsyncContext } from './async-context.ts'
import { pendingCalls } from './call-approval.ts'
import { CallPipeline, type StoredRunOptions } from './call-pipeline.ts'
import type { CallRules } from './call-rules.ts'
import type { Clock } from './clock.ts'
import type { ExecutionEvent, LogEntry } from './events.ts'
import { GuestSession } from './guest-session.ts'
import { Inbox } from './inbox.ts'
import { Log } from './log.ts'
import { clip, diverged, endedEarly, failure, type ProgramEnd, readEnd, suspension } from './program-end.ts'
import { drawSeed } from './random-seed.ts'
import type { Redact } from './redact.ts'
import type { Executed } from './result.ts'
import { type Divergence, type RunLog, settledMessage } from './run-log.ts'
import type { ExecutionSpan } from './telemetry.ts'
import { type Settled, ToolCalls, type ToolCallsOptions } from './tool-calls.ts'
import { WakeTimer } from './wake-timer.ts'
import { WallTimer } from './wall-timer.ts'

/** Options for {@link driveRun}. */
export interface RunOptions {
  readonly program: PreparedProgram
  /** Clock that started with the execution, which may be before its program was parsed. */
  readonly clock: Clock
  readonly catalog: Catalog
  /** Names that the program mentions. Default: they are searched */
  readonly names?: GuestNames | undefined
  /** Functions that every program has. Default: those that look up the tools of the catalog */
  readonly builtins?: Namespace | undefined
  /** Tools whose schemas have changed since the run started, with the difference. Default: none */
  readonly changed?: ReadonlyMap<string, string> | undefined
  readonly limits: Required<Limits>
  readonly guests: GuestSource
  readonly signal: AbortSignal
  /** Value that the tools receive. */
  readonly context?: unknown
  /** Filters the messages of failed tool calls. Default: no filter. */
  readonly redact?: false | Redact
  /** Whether an output that does not match its schema is an error. Default: false. */
  readonly strictOutputs?: boolean | undefined
  /** Decides which tool calls run, and wraps them. Default: every call runs. */
  readonly rules?: CallRules | undefined
  /** Span that traces the execution. */
  readonly span?: ExecutionSpan | undefined
  readonly onEvent?: ((event: ExecutionEvent) => void) | undefined
  /** Records what happens in the run. If it has entries, the run continues where they end. */
  readonly log: RunLog
  /** Settings of a run that a store keeps. Default: no store */
  readonly stored?: StoredRunOptions | undefined
  /** Receives each output of a tool. Default: nothing is learnt */
  readonly learn?: ((tool: CatalogTool, output: unknown) => void) | undefined
  /** Whether to repeat the run of `log` without calling tools. It ends with the last message of the log. Default: false. */
  readonly isReplay?: boolean
}

/** Maximum number of calls of the functions that look up tools. */
const MAX_LOOKUPS = 100
/** Maximum size of a message without its payload. */
const HEADER_BYTES = 4_096
/**
 * Number of messages of maximum size that a guest may send in one turn: concurrent calls send their inputs together.
 */
const FULL_MESSAGES_PER_TURN = 4
/** Maximum number of tools that a timeout message lists. */
const MAX_NAMED = 3
/** Longest delay that `setTimeout` supports. */
const MAX_TIMER_MS = 2 ** 31 - 1

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
  #deadline: ReturnType<typeof setTimeout> | undefined
  #hibernation: ReturnType<typeof setTimeout> | undefined
  /** Numbers of calls and console messages of this guest. They lag behind the log while it repeats a run. */
  #said = { calls: 0, lines: 0 }
  /** Outcome that the guest reported. It applies at the end of the turn, since the program may still be in a loop. */
  #outcome: ProgramEnd | undefined
  readonly #builtins: Namespace
  #reach: ProgramReach | undefined
  /** Paths of the tools that the guest was given. */
  readonly #given = new Set<string>()
  /** Number of calls of these functions. */
  #lookups: number
  readonly #usage: { cpuTimeMs?: number; peakMemoryBytes?: number } = {}

  constructor(options: RunOptions) {
    const { limits, catalog, clock, context, guests, program, redact = false, rules, span, log, stored } = options
    const isResumed = log.messageCount > 0 && options.isReplay !== true
    this.#options = options
    this.#builtins = options.builtins ?? builtinNamespace(new ToolDirectory(), catalog)
    this.#lookups = log.calls.filter(({ made }) => isLookup(made.tool)).length
    const emitted = (entry: LogEntry) => this.#emit({ type: 'log', ...entry })
    this.#console = new Log(limits.logBytes, emitted, isResumed ? log.lines : [])
    this.#inbox = new Inbox(clock.elapsed)
    this.#wake = new WakeTimer(
      () => clock.tell(),
      (earliest) => this.#session.send(this.#record({ type: 'wake', now: clock.tell(earliest) })),
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
    const calls: ToolCallsOptions = {
      catalog,
      pipeline: new CallPipeline({
        catalog,
        builtins: this.#builtins,
        messageBytes: limits.messageBytes,
        check: guests.check,
        context,
        rules,
        log,
        stored,
        strictOutputs: options.strictOutputs === true,
        learn: options.learn,
        changed: options.changed,
        isGiven: ({ path }) => this.#given.has(path),
        reach: () => this.#reachOf(),
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
      onSettled: (id, settled, timeMs) => this.#deliver(id, settled, timeMs),
      onRecord: (record) => this.#emit({ type: 'tool-call-end', ...record }),
      onAsking: (isAsking) => (isAsking ? this.#wall?.pause() : this.#wall?.resume()),
      onParked: () => this.#rest(),
    }
    this.#calls = new ToolCalls(calls, isResumed ? log.calls : undefined)
    const [start] = log.messages
    if (start === undefined) return
    const { namespaces = {} } = parseMessage(start).header as { readonly namespaces?: GuestNames }
    // The record of an earlier version lacks tools that the program calls by their original names.
    this.#give(namespaces, this.#names())
  }

  run(): Promise<Executed> {
    const { signal, limits, clock, log, stored } = this.#options
    if (signal.aborted) this.#refuse(signal.reason)
    else {
      signal.addEventListener('abort', this.#abort, { once: true })
      stored?.onLost((error) => this.#refuse(error))
      this.#wall = new WallTimer(limits.wallTimeMs, clock.elapsed, () => {
        const waiting = this.#calls.waiting.slice(0, MAX_NAMED).join(', ')
        const why = waiting === '' ? '' : `: it waited for ${clip(waiting)}`
        this.#expire(`The program did not end within ${limits.wallTimeMs} ms${why}`)
      })
      if (this.#isInTime()) this.#session.start(() => (log.messageCount > 0 ? this.#session.run() : this.#begin()))
    }
    return this.#settled.promise
  }

  /** Ends the run at its deadline. Returns whether that is still to come. */
  #isInTime(): boolean {
    const leftMs = (this.#options.stored?.deadline ?? Number.POSITIVE_INFINITY) - Date.now()
    if (leftMs === Number.POSITIVE_INFINITY) return true
    if (leftMs > 0) this.#deadline = setTimeout(() => this.#isInTime(), Math.min(leftMs, MAX_TIMER_MS))
    else this.#expire('The run did not end before its deadline')
    return leftMs > 0
  }

  #begin(): void {
    const { limits, clock } = this.#options
    const namespaces = this.#names()
    this.#give(namespaces)
    this.#record({
      type: 'start',
      version: PROTOCOL_VERSION,
      now: clock.tell(),
      seed: drawSeed(),
      limits: { messageBytes: limits.messageBytes, resultBytes: limits.resultBytes, logBytes: limits.logBytes },
      namespaces,
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

  #record(message: HostMessage): string {
    const text = formatMessage(message)
    this.#options.log.add({ type: 'in', message: text })
    return text
  }

  #deliver(call: number, outcome: Settled, timeMs: number): void {
    if (this.#session.isOver) return
    const { clock, log } = this.#options
    const entry = { type: 'settled', call, now: clock.tell(), timeMs, outcome } as const
    log.add(entry)
    this.#session.send(settledMessage(entry))
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
      case 'threw':
        this.#outcome = readEnd(message, payload, text, this.#options)
        return
      default:
        message satisfies never
    }
  }

  #onLog({ level, text, truncated }: Extract<CheckedGuestMessage, { type: 'log' }>): void {
    const { clock, isReplay, log } = this.#options
    const number = ++this.#said.lines
    const known = log.lines[number - 1]
    const timeMs = clock.elapsed()
    if (number <= log.lines.length) {
      if (isReplay === true && (known?.level !== level || known.text !== text))
        this.#diverge({ expected: known, received: { type: 'log', level, text } })
    } else if (this.#console.add(level, text, timeMs, truncated === true)) {
      if (isReplay === true) this.#diverge({ expected: undefined, received: { type: 'log', level, text } })
      else log.add({ type: 'log', level, text, timeMs, ...(truncated === true && { truncated }) })
    }
  }

  #onCall({ id, tool }: Extract<CheckedGuestMessage, { type: 'call' }>, payload: string): void {
    const { limits, isReplay, log, clock } = this.#options
    if (id !== ++this.#said.calls) throw new ForgedMessageError('a tool call is out of order')
    if (id <= this.#calls.count || isReplay === true) {
      const known = log.calls[id - 1]?.made
      if (known?.tool === tool && known.input === payload) return
      return this.#diverge({ expected: known, received: { type: 'call', call: id, tool, input: payload } })
    }
    if (isLookup(tool)) {
      if (++this.#lookups > MAX_LOOKUPS)
        return this.#fail('LIMIT_TOOL_CALLS', `The program looked up more than ${MAX_LOOKUPS} times`)
    } else if (id - this.#lookups > limits.toolCalls) {
      return this.#fail('LIMIT_TOOL_CALLS', `The program made more than ${limits.toolCalls} tool calls`)
    }
    if (exceedsBytes(payload, limits.messageBytes)) {
      return this.#fail('LIMIT_MESSAGE_SIZE', `The input of ${tool} takes more than ${limits.messageBytes} bytes`)
    }
    log.add({ type: 'call', call: id, tool, input: payload, timeMs: clock.elapsed() })
    this.#calls.make(id, tool, payload)
  }

  #diverge(divergence: Divergence): void {
    if (this.#calls.isHeld) return this.#refuse(diverged(divergence))
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
    if (this.#options.isReplay !== true) {
      if (this.#calls.isHeld && !this.#continueRun()) return
      this.#wake.arm()
    }
    this.#rest()
    this.#hibernateSoon()
  }

  /** Gives up the guest if it stays idle. */
  #hibernateSoon(): void {
    const after = this.#options.stored?.hibernateAfterMs
    if (after === undefined || this.#session.isOver) return
    clearTimeout(this.#hibernation)
    this.#hibernation = setTimeout(() => {
      this.#hibernation = undefined
      this.#session.hibernate(() => this.#repeat())
    }, after)
  }

  /** Continues a resumed run once its guest has reached the recorded state. Returns false if it did less. */
  #continueRun(): boolean {
    const { log, guests } = this.#options
    const missing = log.calls[this.#said.calls]
    if (missing !== undefined) {
      this.#diverge({ expected: missing.made, received: undefined })
      return false
    }
    log.add({ type: 'resumed', engine: guests.adapter.engine })
    this.#calls.release()
    return true
  }

  /** Suspends or fails the run if its guest waits for nothing that can happen in this process. */
  #rest(): void {
    if (!this.#session.isIdle || this.#session.isRepeating || this.#calls.isBusy) return
    const { isReplay, stored } = this.#options
    if (stored !== undefined && this.#calls.parked.length > 0) {
      // A timeout of the program must not end the wait for an uncertain call.
      const isUncertain = this.#calls.parked.includes('uncertain')
      if (isUncertain || !this.#wakesInTime()) void this.#suspend(stored.run, isUncertain)
    } else if (this.#wake.at === null || isReplay === true)
      this.#fail(
        'PROGRAM_STALLED',
        'The program waits for something that can never come: no tool call or timer is open',
      )
  }

  /** Returns whether a timer fires before the end of the wall time. */
  #wakesInTime(): boolean {
    const { at } = this.#wake
    return at !== null && this.#wall !== undefined && at - this.#options.clock.tell() < this.#wall.leftMs
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

  /** Fails the run because its time is over, also while its guest still repeats what was recorded. */
  #expire(message: string): void {
    this.#end(failure('LIMIT_WALL_TIME', message))
  }

  #finish(end: ProgramEnd): void {
    if (this.#calls.isHeld && this.#session.turnsLeft > 1) this.#refuse(endedEarly(end))
    else this.#end(end)
  }

  #end(end: ProgramEnd): void {
    if (!this.#stop(undefined, 'cancelled')) return
    const { clock, log } = this.#options
    const { status, ended: message } = end
    const unreported = end.ok ? {} : { error: end.error }
    const reported = message === undefined ? unreported : { message }
    log.add({ type: 'ended', status, timeMs: clock.elapsed(), ...reported })
    const executed = { ...end, ...this.#told() }
    const written = log.flush()
    if (written === undefined) this.#settled.resolve(executed)
    else written.then(() => this.#settled.resolve(executed), this.#settled.reject)
  }

  async #suspend(run: string, isUncertain: boolean): Promise<void> {
    if (!this.#stop(undefined, 'waiting')) return
    const { clock, log, stored } = this.#options
    const wakes = this.#wake.at === null || isUncertain ? [] : [this.#wake.at]
    const dueAt = Math.min(stored?.deadline ?? Number.POSITIVE_INFINITY, ...wakes, ...log.expirations)
    log.add({ type: 'suspended', timeMs: clock.elapsed(), ...(Number.isFinite(dueAt) && { dueAt }) })
    const told = this.#told()
    try {
      await log.flush()
      this.#settled.resolve({ ...suspension(run, await pendingCalls(log)), program: this.#reachOf(), ...told })
    } catch (error) {
      this.#settled.reject(error)
    }
  }

  #names(): GuestNames {
    const { names, program, catalog } = this.#options
    return names ?? mentionedNames(program.source, catalog, this.#builtins)
  }

  /** Notes the tools that the guest was given. */
  #give(...given: readonly GuestNames[]): void {
    for (const path of given.flatMap(pathsOf)) this.#given.add(path)
  }

  #reachOf(): ProgramReach {
    const { program, catalog, rules } = this.#options
    this.#reach ??= reachOf(program, catalog, this.#builtins, rules)
    return this.#reach
  }

  #told(): Pick<Executed, 'logs' | 'calls' | 'usage'> {
    return {
      logs: this.#console.entries,
      calls: this.#calls.records,
      usage: {
        wallTimeMs: this.#options.clock.elapsed(),
        toolCalls: this.#calls.count - this.#lookups,
        ...this.#usage,
      },
    }
  }

  #refuse(reason: unknown): void {
    // Reject first: event handlers may throw while `#stop` ends everything, and the first error must win.
    this.#settled.reject(reason)
    this.#stop(reason, 'cancelled')
  }

  /**
   * Ends everything that was started. Returns false if the execution was already over.
   *
   * @param reason abort reason for the tools. Default: an error that says so
   * @param outcome what the records tell of open calls
   */
  #stop(reason: unknown, outcome: 'cancelled' | 'waiting'): boolean {
    if (this.#session.isOver) return false
    this.#wall?.stop()
    this.#wake.stop()
    clearTimeout(this.#deadline)
    clearTimeout(this.#hibernation)
    this.#options.signal.removeEventListener('abort', this.#abort)
    this.#session.end(reason)
    this.#calls.cancel(reason, outcome)
    return true
  }
}
