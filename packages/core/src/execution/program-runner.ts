import type { Catalog } from '../catalog/catalog.ts'
import { type ExecutionError, type ExecutionErrorCode, SandboxError } from '../contract/errors.ts'
import { type Limits, tightenLimits } from '../contract/limits.ts'
import { assertKnownOptions } from '../contract/options.ts'
import { withinText } from '../program/positions.ts'
import { type PreparedProgram, prepareSmallProgram } from '../program/program.ts'
import { MAX_READING_MS, ReaderTimeoutError } from '../program/program-reader.ts'
import { ProgramSyntaxError } from '../program/syntax-error.ts'
import { exceedsBytes } from '../protocol/size.ts'
import type { GuestSource } from '../sandbox/sandbox.ts'
import type { CallRules } from './call-rules.ts'
import { Clock } from './clock.ts'
import type { ExecuteOptions } from './execute-options.ts'
import { explain } from './explain.ts'
import type { Redact } from './redact.ts'
import type { ExecuteResult } from './result.ts'
import { driveRun } from './run-driver.ts'
import { RunLog } from './run-log.ts'
import type { ExecutionSpan, Telemetry } from './telemetry.ts'

interface ProgramRunnerOptions {
  readonly guests: GuestSource
  /** Name of the sandbox, for telemetry. */
  readonly sandbox: string
  readonly catalog: Catalog
  readonly limits: Required<Limits>
  readonly redact: Redact | false
  readonly rules: CallRules | undefined
  readonly telemetry: Telemetry | undefined
}

const EXECUTE_OPTIONS: readonly string[] = ['signal', 'limits', 'onEvent', 'context']

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
    const { signal, limits } = executeOptions
    const { telemetry, sandbox, limits: base } = this.#options
    if (typeof code !== 'string') throw new TypeError(`The program must be a string, not ${typeof code}`)
    assertKnownOptions('execute()', executeOptions, EXECUTE_OPTIONS)
    const closing = this.#closing.signal
    closing.throwIfAborted()
    if (this.#isDraining)
      throw new SandboxError('SANDBOX_CLOSED', 'The code mode is draining: it accepts no more programs')
    signal?.throwIfAborted()
    const either = signal === undefined ? closing : AbortSignal.any([signal, closing])
    const tightened = tightenLimits(base, limits)
    const started = (span?: ExecutionSpan) => this.#run(code, tightened, either, executeOptions, span)
    const execution = telemetry?.execution({ code, sandbox }, started) ?? started()
    this.#running.add(execution)
    try {
      return await execution
    } finally {
      this.#running.delete(execution)
    }
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

  async #run(
    code: string,
    limits: Required<Limits>,
    signal: AbortSignal,
    { onEvent, context }: ExecuteOptions,
    span: ExecutionSpan | undefined,
  ): Promise<ExecuteResult> {
    const { guests, catalog, redact, rules } = this.#options
    const clock = new Clock()
    if (exceedsBytes(code, limits.codeBytes)) {
      const message = `The program takes more than ${limits.codeBytes} bytes`
      return notRun(clock, { code: 'LIMIT_CODE_SIZE', name: 'RangeError', message })
    }
    const program = prepareSmallProgram(code) ?? (await this.#read(code, limits, signal, clock))
    if ('error' in program) return explain(notRun(clock, program.error), code, catalog)
    const result = await driveRun({
      log: new RunLog(),
      program,
      clock,
      catalog,
      limits,
      guests,
      signal,
      context,
      redact,
      rules,
      span,
      onEvent,
    })
    return explain(result, code, catalog)
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

function syntaxFailure(code: string, { name, message, position }: ProgramSyntaxError): ExecutionError {
  const shown = withinText(code, position)
  return { code: 'CODE_SYNTAX', name, message, ...shown }
}

function tooLong(code: ExecutionErrorCode, ms: number): ExecutionError {
  return { code, name: 'Error', message: `The program could not be read within ${ms} ms: simplify it` }
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
