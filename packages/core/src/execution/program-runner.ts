import type { Catalog } from '../catalog/catalog.ts'
import type { LiveCatalog } from '../catalog/live-catalog.ts'
import { mentionedNames } from '../catalog/mentioned-names.ts'
import type { ProgramChecker } from '../checking/program-check.ts'
import { type ProgramReach, reachOf } from '../checking/program-reach.ts'
import { type ExecutionError, type ExecutionErrorCode, RunError, SandboxError } from '../contract/errors.ts'
import { type Limits, tightenLimits } from '../contract/limits.ts'
import { assertKnownOptions } from '../contract/options.ts'
import type { RunStore, RunSummary } from '../contract/run-store.ts'
import { builtinNamespace } from '../discovery/builtin-namespace.ts'
import type { ToolDirectory } from '../discovery/tool-directory.ts'
import type { LearntShapes } from '../learning/learnt-shapes.ts'
import { withinText } from '../program/positions.ts'
import { type PreparedProgram, prepareSmallProgram } from '../program/program.ts'
import { MAX_READING_MS, ReaderTimeoutError } from '../program/program-reader.ts'
import { ProgramSyntaxError } from '../program/syntax-error.ts'
import { exceedsBytes } from '../protocol/size.ts'
import type { GuestSource } from '../sandbox/sandbox.ts'
import type { CallRules } from './call-rules.ts'
import { Clock } from './clock.ts'
import type { ExecuteOptions, ResumedRun, ResumeOptions, RollbackOptions } from './execute-options.ts'
import { explain, explainError } from './explain.ts'
import { endedResult, suspendedResult } from './recorded-result.ts'
import type { Redact } from './redact.ts'
import type { Executed, ExecuteResult } from './result.ts'
import { type RolledBackCall, rollBack } from './rollback.ts'
import { driveRun, type RunOptions } from './run-driver.ts'
import { type EndedEntry, RunLog } from './run-log.ts'
import type { RunHeader } from './run-records.ts'
import { type ClaimedRun, type StoredRuns, stillWaits } from './stored-runs.ts'
import type { ExecutionSpan, Telemetry } from './telemetry.ts'
import { changedTools } from './tool-changes.ts'

interface ProgramRunnerOptions {
  readonly guests: GuestSource
  /** Name of the sandbox, for telemetry. */
  readonly sandbox: string
  /** Every execution keeps the catalog with which it started. */
  readonly tools: LiveCatalog
  readonly directory: ToolDirectory
  readonly limits: Required<Limits>
  readonly redact: Redact | false
  readonly strictOutputs: boolean
  readonly rules: CallRules | undefined
  readonly telemetry: Telemetry | undefined
  readonly runs: StoredRuns | undefined
  /** Checks the types of programs before they run. */
  readonly checker: ProgramChecker | undefined
  /** Learns the outputs of tools. */
  readonly shapes: LearntShapes | undefined
}

/** The tools that a program can reach, or the error with which it cannot be read. */
export type ProgramDescription =
  | ({ readonly ok: true } & ProgramReach)
  | { readonly ok: false; readonly error: ExecutionError }

const EXECUTE_OPTIONS: readonly string[] = ['signal', 'limits', 'onEvent', 'context', 'run', 'principal', 'metadata']
const RESUME_OPTIONS: readonly string[] = ['signal', 'limits', 'onEvent', 'context', 'decisions', 'principal']
const ROLLBACK_OPTIONS: readonly string[] = ['signal', 'context', 'principal']
/** Maximum number of runs that `resumeDue()` drives at the same time. */
const CONCURRENT_RESUMES = 8

/** Options of an execution that was accepted, with the signal that ends it. */
type Admitted = Omit<ExecuteOptions, 'signal'> & { readonly signal: AbortSignal }

/** Reads and runs programs, explains their results, and keeps track of the running ones until it is closed. */
export class ProgramRunner {
  readonly #options: ProgramRunnerOptions
  readonly #closing = new AbortController()
  readonly #running = new Set<Promise<unknown>>()
  #isDraining = false

  constructor(options: ProgramRunnerOptions) {
    this.#options = options
  }

  /** @throws as `CodeMode.execute` */
  async execute(code: string, executeOptions: ExecuteOptions = {}): Promise<ExecuteResult> {
    const { limits, run, principal, metadata } = executeOptions
    const { telemetry, sandbox, limits: base, runs } = this.#options
    if (typeof code !== 'string') throw new TypeError(`The program must be a string, not ${typeof code}`)
    assertKnownOptions('execute()', executeOptions, EXECUTE_OPTIONS)
    if (runs === undefined && (run ?? principal ?? metadata) !== undefined)
      throw new TypeError('`run`, `principal` and `metadata` need a store: pass `runs` to createCodeMode()')
    const signal = this.#admit(executeOptions.signal)
    const tightened = tightenLimits(base, limits)
    const admitted = { ...executeOptions, signal }
    const started = (span?: ExecutionSpan) => this.#start(code, tightened, admitted, span)
    return this.#track(telemetry?.execution({ code, sandbox }, started) ?? started())
  }

  /** @throws as `CodeMode.describeProgram` */
  async describe(code: string, { signal: given }: { readonly signal?: AbortSignal } = {}): Promise<ProgramDescription> {
    if (typeof code !== 'string') throw new TypeError(`The program must be a string, not ${typeof code}`)
    const { tools, limits, directory, rules } = this.#options
    const signal = this.#admit(given)
    const catalog = tools.current
    const program = await this.#prepare(code, limits, signal, new Clock())
    if ('error' in program) return { ok: false, error: explainError(program.error, code, catalog) }
    return { ok: true, ...reachOf(program, catalog, builtinNamespace(directory, catalog), rules) }
  }

  /** @throws as `CodeMode.resume` */
  async resume(run: string, resumeOptions: ResumeOptions = {}): Promise<ExecuteResult> {
    assertKnownOptions('resume()', resumeOptions, RESUME_OPTIONS)
    const signal = this.#admit(resumeOptions.signal)
    return this.#track(this.#resume(run, { ...resumeOptions, signal }))
  }

  /** @throws as `CodeMode.resumeDue` */
  async resumeDue(options: Omit<ResumeOptions, 'decisions'> = {}): Promise<readonly ResumedRun[]> {
    const due = dueRuns(this.#stored().store)
    const resumed: ResumedRun[] = []
    const work = async () => {
      for await (const { run, principal } of due) {
        try {
          resumed.push({ run, status: (await this.resume(run, { principal, ...options })).status })
        } catch (error) {
          options.signal?.throwIfAborted()
          resumed.push({ run, error })
        }
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT_RESUMES }, work))
    return resumed
  }

  /** @throws as `CodeMode.rollback` */
  async rollback(run: string, options: RollbackOptions = {}): Promise<readonly RolledBackCall[]> {
    assertKnownOptions('rollback()', options, ROLLBACK_OPTIONS)
    const { principal, context } = options
    const signal = this.#admit(options.signal)
    return this.#track(this.#rollBack(run, { principal, context, signal }))
  }

  /** Ends the running programs. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new SandboxError('SANDBOX_CLOSED', 'The code mode is closed'))
    await Promise.allSettled(this.#running)
  }

  /** Accepts no more programs, and resolves when the running ones have ended. */
  async drain(): Promise<void> {
    this.#isDraining = true
    await Promise.allSettled(this.#running)
  }

  /** Returns the signal for an execution that is accepted. */
  #admit(signal: AbortSignal | undefined): AbortSignal {
    const closing = this.#closing.signal
    closing.throwIfAborted()
    if (this.#isDraining)
      throw new SandboxError('SANDBOX_CLOSED', 'The code mode is draining: it accepts no more programs')
    signal?.throwIfAborted()
    return signal === undefined ? closing : AbortSignal.any([signal, closing])
  }

  #track<Result>(execution: Promise<Result>): Promise<Result> {
    this.#running.add(execution)
    return execution.finally(() => this.#running.delete(execution))
  }

  #stored(): StoredRuns {
    const { runs } = this.#options
    if (runs === undefined) throw new TypeError('Runs are resumed from a store: pass `runs` to createCodeMode()')
    return runs
  }

  async #start(
    code: string,
    limits: Required<Limits>,
    options: Admitted,
    span: ExecutionSpan | undefined,
  ): Promise<ExecuteResult> {
    const { guests, tools, runs, checker, directory } = this.#options
    const catalog = tools.current
    const clock = new Clock()
    const program = await this.#prepare(code, limits, options.signal, clock)
    if ('error' in program) return explain(notRun(clock, program.error), code, catalog)
    const builtins = builtinNamespace(directory, catalog)
    const names = mentionedNames(program.source, catalog, builtins)
    const checked = { program, code, catalog, names }
    const { error: mistake, warnings = [] } = (await checker?.check(checked, options.signal)) ?? {}
    if (mistake !== undefined) return withWarnings(explain(notRun(clock, mistake), code, catalog), warnings)
    const { run = crypto.randomUUID(), principal, metadata } = options
    const build = { engine: guests.adapter.engine, runtime: guests.runtime }
    const claimed = await runs?.create(run, {
      code,
      ...build,
      catalog,
      names,
      limits,
      principal,
      metadata,
      ...linkOf(span),
    })
    const log = claimed?.log ?? new RunLog()
    const executed = await this.#drive(
      { program, limits, clock, catalog, builtins, names, log, span },
      options,
      claimed,
    )
    return withWarnings(explain(executed, code, catalog, log), warnings)
  }

  async #resume(run: string, options: Admitted & ResumeOptions): Promise<ExecuteResult> {
    const { guests, tools, telemetry, sandbox, directory } = this.#options
    const catalog = tools.current
    const { principal, decisions = [], signal } = options
    const runs = this.#stored()
    const found = await runs.records.load(run, 'resume', { principal })
    const { header } = found
    const { code } = header
    if (found.log.end === undefined) {
      if (decisions.length > 0) await runs.records.decide(run, decisions, { principal })
      else if (await stillWaits(found)) return await suspendedResult(found.log, run, catalog)
    }
    const program = await this.#read(code, header.limits, signal, new Clock())
    if ('error' in program)
      throw new RunError(
        'RUN_RUNTIME_MISMATCH',
        `The program of the run ${run} cannot be read: ${program.error.message}`,
      )
    const ended = (log: RunLog, end: EndedEntry) =>
      explain(endedResult(log, end, program, header.limits, catalog), code, catalog, log)
    if (found.log.end !== undefined) return ended(found.log, found.log.end)
    const changed = await changedTools(catalog, header.tools ?? {})
    const claimed = await runs.claim(run, { principal })
    const { log } = claimed
    if (log.end !== undefined) {
      await claimed.close()
      return ended(log, log.end)
    }
    const limits = tightenLimits(header.limits, options.limits)
    const builtins = builtinNamespace(directory, catalog)
    const drive = async (span?: ExecutionSpan) => {
      const clock = new Clock(log.elapsedMs, log.lastTold)
      return explain(
        await this.#drive({ program, limits, clock, catalog, builtins, changed, log, span }, options, claimed),
        code,
        catalog,
        log,
      )
    }
    try {
      return await (telemetry?.execution({ code, sandbox, run, ...linkOf(header) }, drive) ?? drive())
    } catch (error) {
      throw isDivergence(error) && !isSameBuild(header, guests) ? otherBuild(header, guests, error) : error
    }
  }

  async #rollBack(
    run: string,
    { principal, context, signal }: RollbackOptions & Pick<Admitted, 'signal'>,
  ): Promise<readonly RolledBackCall[]> {
    const { tools, redact } = this.#options
    const claimed = await this.#stored().claim(run, { principal })
    const lost = new AbortController()
    claimed.onLost((error) => lost.abort(error))
    try {
      const either = AbortSignal.any([signal, lost.signal])
      return await rollBack({ run, log: claimed.log, catalog: tools.current, signal: either, context, redact })
    } finally {
      await claimed.close()
    }
  }

  /** Drives a run to its end or to its suspension, and releases it if it is stored. */
  async #drive(
    run: Pick<
      RunOptions,
      'program' | 'limits' | 'clock' | 'catalog' | 'builtins' | 'names' | 'changed' | 'log' | 'span'
    >,
    { signal, context, onEvent, principal }: Admitted,
    claimed: ClaimedRun | undefined,
  ): Promise<Executed> {
    const { guests, redact, strictOutputs, rules, runs } = this.#options
    const shapes = this.#options.shapes?.isFor(principal) === true ? this.#options.shapes : undefined
    const { approvalExpireMs: expireMs, hibernateAfterMs } = runs ?? {}
    const stored = claimed && {
      run: claimed.run,
      onLost: claimed.onLost,
      deadline: claimed.deadline,
      expireMs,
      hibernateAfterMs,
    }
    try {
      const executed = await driveRun({
        ...run,
        guests,
        signal,
        context,
        redact,
        strictOutputs,
        rules,
        stored,
        onEvent,
        learn: shapes && ((tool, output) => shapes.record(tool, output)),
      })
      return shapes === undefined ? executed : withObserved(executed, shapes, run.catalog)
    } finally {
      shapes?.settle()
      await claimed?.close()
    }
  }

  /** Parses a new program: on this thread if it is small and plain, otherwise in the reader. */
  async #prepare(
    code: string,
    limits: Required<Limits>,
    signal: AbortSignal,
    clock: Clock,
  ): Promise<PreparedProgram | { readonly error: ExecutionError }> {
    if (exceedsBytes(code, limits.codeBytes)) {
      const message = `The program takes more than ${limits.codeBytes} bytes`
      return { error: { code: 'LIMIT_CODE_SIZE', name: 'RangeError', message } }
    }
    return prepareSmallProgram(code) ?? (await this.#read(code, limits, signal, clock))
  }

  /** Parses a program in the sandbox's reader, within the wall time of the execution. */
  async #read(
    code: string,
    { wallTimeMs }: Required<Limits>,
    signal: AbortSignal,
    clock: Clock,
  ): Promise<PreparedProgram | { readonly error: ExecutionError }> {
    const late = new AbortController()
    // This timer also keeps the process alive; readers do not.
    const wall = setTimeout(() => late.abort(), Math.max(0, wallTimeMs - clock.elapsed()))
    try {
      const task = { signal: AbortSignal.any([signal, late.signal]), limitMs: MAX_READING_MS }
      return await this.#options.guests.prepare(code, task)
    } catch (error) {
      if (error instanceof ProgramSyntaxError) return { error: syntaxFailure(code, error) }
      if (error instanceof ReaderTimeoutError) return { error: tooLong('LIMIT_CPU', MAX_READING_MS) }
      if (error === late.signal.reason) return { error: tooLong('LIMIT_WALL_TIME', wallTimeMs) }
      throw error
    } finally {
      clearTimeout(wall)
    }
  }
}

async function* dueRuns(store: RunStore): AsyncGenerator<RunSummary, void> {
  yield* store.list({ status: 'suspended', dueBefore: Date.now(), unclaimed: true })
  yield* store.list({ status: 'running', unclaimed: true })
}

const linkOf = (span: Pick<ExecutionSpan, 'link'> | undefined) => (span?.link === undefined ? {} : { link: span.link })

const isDivergence = (error: unknown): error is RunError =>
  error instanceof RunError && error.code === 'REPLAY_DIVERGED'

const isSameBuild = (header: RunHeader, { adapter, runtime }: GuestSource): boolean =>
  header.engine === adapter.engine && header.runtime === runtime

function otherBuild({ engine, run }: RunHeader, { adapter }: GuestSource, cause: RunError): RunError {
  const message = `The run ${run} was recorded on ${engine}, and ${adapter.engine} does not repeat it: resume it on the same build. ${cause.message}`
  return new RunError('RUN_RUNTIME_MISMATCH', message, { cause })
}

function syntaxFailure(code: string, { name, message, position }: ProgramSyntaxError): ExecutionError {
  const shown = withinText(code, position)
  return { code: 'CODE_SYNTAX', name, message, ...shown }
}

function tooLong(code: ExecutionErrorCode, ms: number): ExecutionError {
  return { code, name: 'Error', message: `The program could not be read within ${ms} ms: simplify it` }
}

const withWarnings = (result: ExecuteResult, warnings: readonly string[]): ExecuteResult =>
  warnings.length === 0 ? result : { ...result, warnings: [...warnings, ...(result.warnings ?? [])] }

/** Adds the types of results that were unknown before. */
function withObserved(executed: Executed, shapes: LearntShapes, catalog: Catalog): Executed {
  const returned = executed.calls.filter(({ outcome }) => outcome === 'returned').map(({ tool }) => tool)
  const observed = shapes.tell(returned, catalog)
  return observed.length === 0 ? executed : { ...executed, observed }
}

function notRun(clock: Clock, error: ExecutionError): ExecuteResult {
  return {
    status: 'failed',
    ok: false,
    error,
    logs: [],
    calls: [],
    usage: { wallTimeMs: clock.elapsed(), toolCalls: 0 },
  }
}
