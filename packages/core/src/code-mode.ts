import { createCatalog } from './catalog/catalog.ts'
import type { ToolSource } from './catalog/provider.ts'
import { type ExecutionError, type ExecutionErrorCode, SandboxError } from './errors.ts'
import { Clock } from './execution/clock.ts'
import type { ExecutionEvent } from './execution/events.ts'
import { executeProgram } from './execution/execution.ts'
import { explain } from './execution/explain.ts'
import { chooseRedact } from './execution/redact.ts'
import type { ExecuteResult } from './execution/result.ts'
import type { ExecutionSpan, Telemetry } from './execution/telemetry.ts'
import { type Guarantees, requireGuarantees } from './guarantees.ts'
import { writeInstructions } from './instructions.ts'
import { chooseLimits, type Limits, tightenLimits } from './limits.ts'
import { chooseModelOutput, type ModelOutput, type ModelOutputBounds, toModelOutput } from './model-output.ts'
import { assertKnownOptions } from './options.ts'
import { withinText } from './program/positions.ts'
import { type PreparedProgram, prepareSmallProgram } from './program/program.ts'
import { MAX_READING_MS, ReaderTimeoutError } from './program/program-reader.ts'
import { ProgramSyntaxError } from './program/syntax-error.ts'
import { exceedsBytes } from './protocol/size.ts'
import { guestsOf, type Sandbox } from './sandbox.ts'
import { type DeclarationOptions, declarationsFromCatalog } from './schema/declarations.ts'
import type { ToolWarning } from './schema/namespace.ts'
import { unassertedPatterns } from './validation/unasserted-patterns.ts'

export interface CodeModeOptions {
  /** Stays the caller's: closing a code mode closes neither the sandbox nor the tool providers. */
  readonly sandbox: Sandbox
  /** A record of functions or tools, tool providers, or a list of these. */
  readonly tools: ToolSource | readonly ToolSource[]
  /** In place of the defaults, for every execution. */
  readonly limits?: Limits
  /** How much of the tools is told, and in how many tokens. Everything, unless told otherwise. */
  readonly declarations?: DeclarationOptions
  /** Refuse to start on a sandbox that promises less. */
  readonly require?: Partial<Guarantees>
  /** Watches every execution, such as `openTelemetry()` of @glovebox/opentelemetry does. */
  readonly telemetry?: Telemetry
  /**
   * Filters the message of every tool call that fails, before the program, the model and `telemetry` get it. Called with at
   * most 20,000 characters of the message, and the tool's name as the program wrote it. If it throws or returns no string,
   * the message is "<tool> failed". `false` passes messages on as they are. The outputs of tools are never filtered.
   *
   * Default: `redactSecrets`.
   */
  readonly redact?: false | ((message: string, tool: string) => string)
  /**
   * Maximum size of a result that the model receives: UTF-16 code units of text, values, and levels of nesting.
   *
   * @default { text: 50_000, nodes: 20_000, depth: 32 }
   */
  readonly modelOutput?: Partial<ModelOutputBounds>
  /**
   * Name of the tool that runs programs: 1 to 64 letters, digits, `_` or `-`.
   *
   * @default 'run_program'
   */
  readonly toolName?: string
  /** First sentences of that tool's description; the instructions follow. */
  readonly toolDescription?: string
}

export interface ExecuteOptions {
  /** An abort ends the program and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** May only tighten. */
  readonly limits?: Limits | undefined
  /**
   * Logs and tool calls, as they happen. What it throws ends the execution and rejects it, as does what a promise that it
   * returns rejects with before the end; the execution waits for no such promise.
   */
  readonly onEvent?: ((event: ExecutionEvent) => void) | undefined
  /** Given to every tool that the program calls, as it is: what the host knows of this execution, such as its user. */
  readonly context?: unknown
}

/** The one tool for the model. Fits any framework that takes JSON Schema. */
export interface ModelTool {
  readonly name: string
  readonly description: string
  readonly inputSchema: {
    readonly type: 'object'
    readonly properties: { readonly code: { readonly type: 'string'; readonly description: string } }
    readonly required: ['code']
    readonly additionalProperties: false
  }
  /** Resolves to plain JSON within bounds, a program's failure included, so that the model can mend it. */
  execute(input: { readonly code: string }, options?: ExecuteOptions): Promise<ModelOutput>
  /** Converts a result of `execute` to the output for the model. */
  output(result: ExecuteResult): ModelOutput
}

export interface CodeMode extends AsyncDisposable {
  /** TypeScript the model reads. */
  readonly declarations: string
  /** What their style or budget leaves out, in words. Empty where everything is told. */
  readonly omitted: readonly string[]
  /** What no type says of the tools' schemas, and where. The types are then wider, never narrower. */
  readonly warnings: readonly ToolWarning[]
  /** Prompt text: how to write a program, and the declarations. */
  readonly instructions: string
  readonly tool: ModelTool
  /**
   * Runs a program in a fresh guest. Resolves for anything the program does.
   *
   * @throws `TypeError` for a caller's mistake, `SandboxError`, or the signal's reason
   */
  execute(code: string, options?: ExecuteOptions): Promise<ExecuteResult>
  /** Ends the executions that run, with `SANDBOX_CLOSED`. Idempotent. */
  close(): Promise<void>
}

const OPTIONS: readonly string[] = [
  'sandbox',
  'tools',
  'limits',
  'declarations',
  'require',
  'telemetry',
  'redact',
  'modelOutput',
  'toolName',
  'toolDescription',
]

const EXECUTE_OPTIONS: readonly string[] = ['signal', 'limits', 'onEvent', 'context']

const TOOL_NAME = 'run_program'
const TOOL_DESCRIPTION = 'Runs a TypeScript program in a sealed sandbox and returns its value and its console output.'
/** Tool names that model providers accept. */
const TOOL_NAMES = /^[a-zA-Z0-9_-]{1,64}$/

/** @throws `TypeError` for options that make no sense, `SandboxError` `GUARANTEE_NOT_MET` for a sandbox that promises too little */
export async function createCodeMode(options: CodeModeOptions): Promise<CodeMode> {
  return openCodeMode(options)
}

/**
 * {@link createCodeMode} at once, for those who wrap it for a framework whose own calls do not wait.
 *
 * @param direct names of tools that only the model can call, for error messages
 */
export function openCodeMode(options: CodeModeOptions, direct: readonly string[] = []): CodeMode {
  assertKnownOptions('createCodeMode()', options, OPTIONS)
  const guests = guestsOf(options.sandbox)
  requireGuarantees(options.sandbox.name, options.sandbox.guarantees, options.require)
  const base = chooseLimits(options.limits)
  const redact = chooseRedact(options.redact)
  const bounds = chooseModelOutput(options.modelOutput)
  const { toolName = TOOL_NAME, toolDescription = TOOL_DESCRIPTION } = options
  if (!TOOL_NAMES.test(toolName))
    throw new TypeError(`\`toolName\` must be 1 to 64 letters, digits, _ or -, not ${JSON.stringify(toolName)}`)
  const catalog = createCatalog(options.tools, direct)
  const { text: declarations, omitted, warnings } = declarationsFromCatalog(catalog, options.declarations)
  let allWarnings: readonly ToolWarning[] | undefined
  const instructions = writeInstructions(declarations, omitted, toolName)
  guests.warm(base.memoryBytes)
  const closing = new AbortController()
  const running = new Set<Promise<unknown>>()

  const run = async (
    code: string,
    limits: Required<Limits>,
    signal: AbortSignal,
    { onEvent, context }: ExecuteOptions,
    span?: ExecutionSpan,
  ): Promise<ExecuteResult> => {
    const clock = new Clock()
    if (exceedsBytes(code, limits.codeBytes)) {
      const message = `The program takes more than ${limits.codeBytes} bytes`
      return notRun(clock, { code: 'LIMIT_CODE_SIZE', name: 'RangeError', message })
    }
    const program = prepareSmallProgram(code) ?? (await read(code, limits, signal, clock))
    if ('error' in program) return explain(notRun(clock, program.error), code, catalog)
    const result = await executeProgram({
      program,
      clock,
      catalog,
      limits,
      guests,
      signal,
      context,
      redact,
      span,
      onEvent,
    })
    return explain(result, code, catalog)
  }

  /** Reads a program where it can be stopped, within its wall time. */
  const read = async (
    code: string,
    { wallTimeMs }: Required<Limits>,
    signal: AbortSignal,
    clock: Clock,
  ): Promise<PreparedProgram | { readonly error: ExecutionError }> => {
    const late = new AbortController()
    // A timer of its own, which keeps the process alive: readers do not.
    const wall = setTimeout(() => late.abort(), Math.max(0, wallTimeMs - clock.elapsed()))
    try {
      return await guests.prepare(code, { signal: AbortSignal.any([signal, late.signal]), limitMs: MAX_READING_MS })
    } catch (error) {
      if (error instanceof ProgramSyntaxError) return { error: syntaxFailure(code, error) }
      if (error instanceof ReaderTimeoutError) return { error: tooLong('LIMIT_CPU', MAX_READING_MS) }
      if (error === late.signal.reason) return { error: tooLong('LIMIT_WALL_TIME', wallTimeMs) }
      throw error
    } finally {
      clearTimeout(wall)
    }
  }

  const execute: CodeMode['execute'] = async (code, executeOptions = {}) => {
    const { signal, limits } = executeOptions
    if (typeof code !== 'string') throw new TypeError(`The program must be a string, not ${typeof code}`)
    assertKnownOptions('execute()', executeOptions, EXECUTE_OPTIONS)
    closing.signal.throwIfAborted()
    signal?.throwIfAborted()
    const either = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
    const tightened = tightenLimits(base, limits)
    const started = (span?: ExecutionSpan) => run(code, tightened, either, executeOptions, span)
    const execution = options.telemetry?.execution({ code, sandbox: options.sandbox.name }, started) ?? started()
    running.add(execution)
    try {
      return await execution
    } finally {
      running.delete(execution)
    }
  }

  const close: CodeMode['close'] = async () => {
    closing.abort(new SandboxError('SANDBOX_CLOSED', 'The code mode is closed'))
    await Promise.allSettled(running)
  }

  return {
    declarations,
    omitted,
    get warnings() {
      allWarnings ??= [...warnings, ...unassertedPatterns(catalog)]
      return allWarnings
    },
    instructions,
    tool: {
      name: toolName,
      description: `${toolDescription}\n\n${instructions}`,
      inputSchema: {
        type: 'object',
        properties: { code: { type: 'string', description: 'The program, as the body of an async function.' } },
        required: ['code'],
        additionalProperties: false,
      },
      execute: async (input, executeOptions) => {
        // What the model leaves out is the model's to mend.
        const code: unknown = input?.code
        if (typeof code !== 'string') return { error: 'CODE_SYNTAX: SyntaxError: pass the program as `code`, a string' }
        return toModelOutput(await execute(code, executeOptions), bounds)
      },
      output: (result) => toModelOutput(result, bounds),
    },
    execute,
    close,
    [Symbol.asyncDispose]: close,
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
