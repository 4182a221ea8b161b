import type { Catalog } from './catalog/catalog.ts'
import { LiveCatalog } from './catalog/live-catalog.ts'
import type { ToolSource } from './catalog/provider.ts'
import { type CheckMode, ProgramChecker } from './checking/program-check.ts'
import { type Guarantees, requireGuarantees } from './contract/guarantees.ts'
import { chooseLimits, type Limits } from './contract/limits.ts'
import { assertKnownOptions } from './contract/options.ts'
import type { ShapeStore } from './contract/shape-store.ts'
import type { TypeChecker } from './contract/type-checker.ts'
import {
  assertDeclarationOptions,
  type DeclarationOptions,
  declarationsFromCatalog,
} from './declarations/declarations.ts'
import type { ToolWarning } from './declarations/namespace.ts'
import { unassertedPatterns } from './declarations/unasserted-patterns.ts'
import { noSuchTool } from './discovery/missing-tool.ts'
import type { ListQuery, SearchQuery } from './discovery/queries.ts'
import { type FoundTools, type Rank, ToolDirectory } from './discovery/tool-directory.ts'
import {
  type ApprovalRequest,
  type Around,
  CallRules,
  type Decision,
  type Policy,
  type PolicyRule,
} from './execution/call-rules.ts'
import type { ExecuteOptions, ResumedRun, ResumeOptions, RollbackOptions } from './execution/execute-options.ts'
import { type ProgramDescription, ProgramRunner } from './execution/program-runner.ts'
import { chooseRedact } from './execution/redact.ts'
import type { ExecuteResult } from './execution/result.ts'
import type { RolledBackCall } from './execution/rollback.ts'
import type { Runs } from './execution/run-records.ts'
import { StoredRuns, type StoredRunsOptions } from './execution/stored-runs.ts'
import type { Telemetry } from './execution/telemetry.ts'
import { DEFAULT_MAX_TOKENS, explanation, type PromptOptions, writeInstructions } from './instructions.ts'
import { type LearnOptions, LearntShapes } from './learning/learnt-shapes.ts'
import { imagesIn, type ModelImage } from './model-images.ts'
import { chooseModelOutput, type ModelOutput, type ModelOutputBounds, toModelOutput } from './model-output.ts'
import { guestsOf, type Sandbox } from './sandbox/sandbox.ts'

/** Options for {@link createCodeMode}. */
export interface CodeModeOptions {
  /** Sandbox that runs the programs. The caller closes it: `close()` closes neither the sandbox nor tool providers. */
  readonly sandbox: Sandbox
  /** Tools that programs can call: a record of functions or tools, a tool provider, or a list of these. */
  readonly tools: ToolSource | readonly ToolSource[]
  /** Limits of every execution. Default: `DEFAULT_LIMITS`. */
  readonly limits?: Limits
  /** Detail level and token budget of the declarations. Default: as much detail as fits into 6,000 tokens. */
  readonly declarations?: DeclarationOptions
  /** Guarantees that the sandbox must meet. Default: no requirements. */
  readonly require?: Partial<Guarantees>
  /** Traces every execution, for example with `openTelemetry()` from @glovebox/opentelemetry. Default: no tracing. */
  readonly telemetry?: Telemetry
  /**
   * Filters the message of every failed tool call before the program, the model and `telemetry` receive it. The filter
   * receives up to 20,000 characters of the message, and the tool's name as the program wrote it. If the filter throws
   * or does not return a string, the message becomes "<tool> failed". `false` disables the filter. The outputs of tools
   * are not filtered. Default: `redactSecrets`.
   *
   * @default redactSecrets
   */
  readonly redact?: false | ((message: string, tool: string) => string)
  /**
   * Whether an output that does not match the `outputSchema` of its tool is an error, `TOOL_OUTPUT_INVALID`. By default, the
   * program receives the output, and the call has a `warning` in the result and in its event: the call has already had
   * its effect. Outputs that a schema library converts are always strict.
   *
   * @default false
   */
  readonly strictOutputs?: boolean
  /**
   * Rules that allow, ask about or deny tool calls. The program gets `TOOL_DENIED` for a call that is denied. Default:
   * every call is allowed.
   */
  readonly policy?: Policy | readonly PolicyRule[]
  /**
   * Decides on a call for which a rule asks, for example by asking a person. The wall time of the program stands still
   * until it resolves. If it throws, the call is denied. Default: calls that need a decision are denied.
   */
  readonly onAsk?: (request: ApprovalRequest) => Promise<Decision>
  /**
   * Maximum time for a decision in milliseconds. The call is denied after it.
   *
   * @default 300_000
   */
  readonly askTimeoutMs?: number
  /**
   * Runs around every tool call, after the input was validated and allowed: for caches, metrics or retries. Default:
   * the tool is called directly.
   */
  readonly around?: Around
  /**
   * Keeps runs in a store, so that they can wait for decisions, and continue after the end of their host. Default: runs
   * end with their execution, and calls that need a decision are denied without `onAsk`.
   */
  readonly runs?: StoredRunsOptions
  /**
   * Checks the types of programs before they run, such as `typecheck()` of @glovebox/typecheck. The caller closes it. A run that
   * is resumed is not checked again. Default: programs are not checked.
   */
  readonly typeChecker?: TypeChecker
  /**
   * Whether a program with mistakes in its types fails with `CODE_TYPE` before any tool is called, or runs and its result has
   * warnings.
   *
   * @default 'error'
   */
  readonly check?: CheckMode
  /**
   * Learns the output types of tools that declare none from their results, and keeps them in a store, such as
   * `memoryShapes()`. Only the names of properties and types are kept, never values. The declarations mark such types as
   * observed. Default: outputs without a schema are `unknown`
   */
  readonly learn?: ShapeStore | LearnOptions
  /**
   * Maximum size of a result that the model receives. Default: 50,000 UTF-16 code units of text, 20,000 values and 32
   * levels of nesting.
   *
   * @default { text: 50_000, nodes: 20_000, depth: 32 }
   */
  readonly modelOutput?: Partial<ModelOutputBounds>
  /**
   * Ranks tools for `search` instead of the built-in ranking, for example by embeddings. Default: words of names,
   * descriptions and parameters, with stems and synonyms
   */
  readonly rank?: Rank
  /**
   * Name of the tool that runs programs: 1 to 64 letters, digits, `_` or `-`. Default: `run_program`.
   *
   * @default 'run_program'
   */
  readonly toolName?: string
  /**
   * Start of that tool's description. The instructions follow it.
   *
   * @default 'Runs a TypeScript program in a sealed sandbox and returns its value and its console output.'
   */
  readonly toolDescription?: string
}

/** The tool that a model calls to run a program. Works with any framework that accepts JSON Schema. */
export interface ModelTool {
  /** Name of the tool. Set by `toolName`. */
  readonly name: string
  /** Description for the model: `toolDescription`, then the instructions. */
  readonly description: string
  /** JSON Schema of the input. */
  readonly inputSchema: {
    readonly type: 'object'
    readonly properties: { readonly code: { readonly type: 'string'; readonly description: string } }
    readonly required: ['code']
    readonly additionalProperties: false
  }
  /**
   * Runs a program and resolves to plain JSON of bounded size for the model. A failed program resolves too, with an
   * error that helps the model fix it. Rejects like {@link CodeMode.execute}.
   */
  execute(input: { readonly code: string }, options?: ExecuteOptions): Promise<ModelOutput>
  /**
   * Runs a program like `execute`, and also returns the images in its value, which plain JSON cannot carry. The output has
   * their sizes in their places.
   */
  run(
    input: { readonly code: string },
    options?: ExecuteOptions,
  ): Promise<{ readonly output: ModelOutput; readonly images: readonly ModelImage[] }>
  /** Converts a result of {@link CodeMode.execute} to the output for the model. */
  output(result: ExecuteResult): ModelOutput
  /** Returns the images in the value of a result: at most 10, with at most 5 MiB together. */
  images(result: ExecuteResult): readonly ModelImage[]
}

/** Runs programs that call a set of tools. Created by {@link createCodeMode}. */
export interface CodeMode<Context = unknown> extends AsyncDisposable {
  /**
   * TypeScript declarations of the tools, for the model. Throws a `TypeError` if the tools of a provider have changed to
   * two with the same name.
   */
  readonly declarations: string
  /** Details that the declarations leave out because of their style or budget. Empty if they are complete. */
  readonly omitted: readonly string[]
  /**
   * Schema constraints that the generated types cannot express. The types are wider than these schemas, never narrower.
   */
  readonly warnings: readonly ToolWarning[]
  /** Prompt text that explains how to write a program. Includes the declarations. */
  readonly instructions: string
  /** Tool that runs programs, for the model. */
  readonly tool: ModelTool
  /**
   * Runs a program in a fresh guest. A failed program resolves to a result with `ok: false`.
   *
   * @param code program text: TypeScript or JavaScript, written as the body of an async function
   * @throws `TypeError` for invalid arguments, `SandboxError`, the signal's reason, or an error of `onEvent`
   */
  execute(code: string, options?: ExecuteOptions<Context>): Promise<ExecuteResult>
  /**
   * Finds tools by words that say what they do, as `codemode.search()` does in a program. No result means that no tool
   * fits.
   *
   * @throws `TypeError` for an invalid query, or the signal's reason
   */
  search(query: SearchQuery | string, options?: { readonly signal?: AbortSignal }): Promise<FoundTools>
  /**
   * Returns TypeScript declarations of some tools, with the types that they need, as `codemode.describe()` does.
   *
   * @param paths paths such as `github.listIssues`: at most 30
   * @throws `TypeError` for anything else
   */
  describe(paths: string | readonly string[]): string
  /**
   * Lists the tools, or those of one namespace, in their order, as `codemode.list()` does.
   *
   * @throws `TypeError` for an invalid query
   */
  list(query?: ListQuery | string): FoundTools
  /**
   * Returns which tools a program can reach, without running it: for hosts that show it, and for decisions on its calls.
   * The host refuses calls of other tools. A text that is no program resolves to its error.
   *
   * @throws `TypeError` for invalid arguments, `SandboxError`, or the signal's reason
   */
  describeProgram(code: string, options?: { readonly signal?: AbortSignal }): Promise<ProgramDescription>
  /**
   * Continues a stored run that is suspended, or whose host ended. A run that has ended resolves to its result again. A
   * run that still waits for a decision resolves to its suspension.
   *
   * @throws `RunError`, or as {@link CodeMode.execute}
   */
  resume(run: string, options?: ResumeOptions<Context>): Promise<ExecuteResult>
  /**
   * Continues all runs that do not wait for a decision: those whose timers are due, that were decided on, or whose hosts
   * ended. Call it when the host starts, and regularly.
   *
   * @throws `TypeError` without `runs`, or the store's error
   */
  resumeDue(options?: Omit<ResumeOptions<Context>, 'decisions'>): Promise<readonly ResumedRun[]>
  /**
   * Undoes the calls of a stored run that has ended, with the `revert` of their tools: the last call first, each at most
   * once, however often it is called. Continues after failures. Resolves to the outcome of each call that is not read-only.
   *
   * @throws `RunError` `RUN_CONFLICT` for a run that has not ended, another `RunError`, or the signal's reason
   */
  rollback(run: string, options?: RollbackOptions<Context>): Promise<readonly RolledBackCall[]>
  /** The stored runs. Undefined without the `runs` option. */
  readonly runs: Runs | undefined
  /**
   * Calls `listener` each time after a tool provider has changed its tools, until the returned function is called or the
   * code mode is closed. `declarations`, `omitted`, `warnings`, `instructions` and `tool.description` are then new.
   * Executions that have started keep their tools.
   */
  onChange(listener: () => void): () => void
  /** Ends all running executions. They reject with `SANDBOX_CLOSED`. Stored runs can be resumed. Idempotent. */
  close(): Promise<void>
  /**
   * Stops accepting programs and resolves when all running executions have ended. New executions reject with
   * `SANDBOX_CLOSED`. Use it before a shutdown. Call `close()` afterwards, or earlier to end the wait.
   */
  drain(): Promise<void>
}

const OPTIONS: readonly string[] = [
  'sandbox',
  'tools',
  'limits',
  'declarations',
  'require',
  'telemetry',
  'redact',
  'strictOutputs',
  'policy',
  'onAsk',
  'askTimeoutMs',
  'around',
  'runs',
  'modelOutput',
  'rank',
  'typeChecker',
  'check',
  'learn',
  'toolName',
  'toolDescription',
]

/** Text about one catalog that the model reads. */
interface WrittenCatalog extends Pick<CodeMode, 'declarations' | 'omitted' | 'instructions'> {
  readonly catalog: Catalog
  readonly warnings: () => CodeMode['warnings']
}

const CHECK_MODES: readonly CheckMode[] = ['error', 'warn']
const TOOL_NAME = 'run_program'
const TOOL_DESCRIPTION = 'Runs a TypeScript program in a sealed sandbox and returns its value and its console output.'
/** Matches the tool names that model providers accept. */
const TOOL_NAMES = /^[a-zA-Z0-9_-]{1,64}$/

/**
 * Creates a code mode: one tool that lets a model run programs that call the given tools.
 *
 * @example
 * ```ts
 * await using sandbox = quickjs()
 * await using codeMode = await createCodeMode({
 *   sandbox,
 *   tools: { square: (n: number) => n ** 2 },
 * })
 * const result = await codeMode.execute('return await tools.square(7)')
 * console.log(result.ok ? result.value : result.error.message) // 49
 * ```
 *
 * @throws `TypeError` for invalid options; `SandboxError` `GUARANTEE_NOT_MET` if the sandbox does not meet `require`; the
 *   error of a store of shapes that cannot be read
 */
export async function createCodeMode<Context = unknown>(options: CodeModeOptions): Promise<CodeMode<Context>> {
  const shapes = options?.learn && new LearntShapes(options.learn)
  await shapes?.load()
  return openCodeMode(options, [], shapes) as CodeMode<Context>
}

/**
 * Creates a code mode synchronously, for frameworks whose setup functions are synchronous.
 *
 * @param direct names of tools that only the model can call, for error messages
 * @param shapes what is known of outputs. Default: it is loaded in the background
 */
export function openCodeMode(
  options: CodeModeOptions,
  direct: readonly string[] = [],
  shapes: LearntShapes | undefined = options.learn && LearntShapes.loading(options.learn),
): CodeMode {
  assertKnownOptions('createCodeMode()', options, OPTIONS)
  const guests = guestsOf(options.sandbox)
  requireGuarantees(options.sandbox.name, options.sandbox.guarantees, options.require)
  const base = chooseLimits(options.limits)
  const redact = chooseRedact(options.redact)
  const { policy, onAsk, askTimeoutMs, around } = options
  const bounds = chooseModelOutput(options.modelOutput)
  const { toolName = TOOL_NAME, toolDescription = TOOL_DESCRIPTION } = options
  if (!TOOL_NAMES.test(toolName))
    throw new TypeError(`\`toolName\` must be 1 to 64 letters, digits, _ or -, not ${JSON.stringify(toolName)}`)
  const { declarations = {}, rank } = options
  assertDeclarationOptions(declarations)
  if (rank !== undefined && typeof rank !== 'function')
    throw new TypeError(`\`rank\` must be a function; got ${typeof rank}`)
  const tools = new LiveCatalog(options.tools, direct, shapes)
  assertPinned(declarations.pinned ?? [], tools.current)
  const rules = CallRules.from({ policy, onAsk, askTimeoutMs, around }, tools.current)
  let written: WrittenCatalog | undefined
  const checker = chooseChecker(options)
  const prompt = { tool: toolName, isChecked: checker !== undefined && options.check !== 'warn' }
  const write = (): WrittenCatalog => {
    const catalog = tools.current
    if (written?.catalog !== catalog) written = writeCatalog(catalog, declarations, prompt)
    return written
  }
  guests.warm(base.memoryBytes)
  const { telemetry, sandbox } = options
  const runs = options.runs && new StoredRuns(options.runs)
  const directory = new ToolDirectory({ approvalOf: (tool) => rules?.approvalOf(tool), rank })
  const runner = new ProgramRunner({
    guests,
    directory,
    sandbox: sandbox.name,
    tools,
    limits: base,
    redact,
    strictOutputs: options.strictOutputs === true,
    rules,
    telemetry,
    runs,
    checker,
    shapes,
  })
  const execute: CodeMode['execute'] = (code, executeOptions) => runner.execute(code, executeOptions)
  const imagesOf: ModelTool['images'] = (result) => (result.ok ? imagesIn(result.value) : [])
  // Frameworks may pass further options, which are dropped.
  const runInput = async (
    input: { readonly code: unknown } | undefined,
    { signal, limits, onEvent, context, run, principal, metadata }: ExecuteOptions = {},
  ): Promise<ExecuteResult | undefined> =>
    typeof input?.code === 'string'
      ? await execute(input.code, { signal, limits, onEvent, context, run, principal, metadata })
      : undefined
  // The model can fix a missing program, so it receives an error instead of an exception.
  const outputOf = (result: ExecuteResult | undefined): ModelOutput =>
    result === undefined
      ? { error: 'CODE_SYNTAX: SyntaxError: pass the program as `code`, a string' }
      : toModelOutput(result, bounds)
  const close: CodeMode['close'] = async () => {
    tools.close()
    await runner.close()
    await shapes?.close()
  }
  tools.follow()

  return {
    get declarations() {
      return write().declarations
    },
    get omitted() {
      return write().omitted
    },
    get warnings() {
      return write().warnings()
    },
    get instructions() {
      return write().instructions
    },
    tool: {
      name: toolName,
      get description() {
        return `${toolDescription}\n\n${write().instructions}`
      },
      inputSchema: {
        type: 'object',
        properties: { code: { type: 'string', description: 'The program, as the body of an async function.' } },
        required: ['code'],
        additionalProperties: false,
      },
      execute: async (input, toolOptions) => outputOf(await runInput(input, toolOptions)),
      run: async (input, toolOptions) => {
        const result = await runInput(input, toolOptions)
        return { output: outputOf(result), images: result === undefined ? [] : imagesOf(result) }
      },
      output: outputOf,
      images: imagesOf,
    },
    execute,
    search: (query, searchOptions) => directory.search(tools.current, query, searchOptions?.signal),
    describe: (paths) => directory.describe(tools.current, paths),
    list: (query) => directory.list(tools.current, query),
    describeProgram: (code, describeOptions) => runner.describe(code, describeOptions),
    resume: (run, resumeOptions) => runner.resume(run, resumeOptions),
    resumeDue: (resumeOptions) => runner.resumeDue(resumeOptions),
    rollback: (run, rollbackOptions) => runner.rollback(run, rollbackOptions),
    runs: runs?.records,
    onChange: (listener) => tools.onChange(listener),
    close,
    drain: () => runner.drain(),
    [Symbol.asyncDispose]: close,
  }
}

/** @throws `TypeError` for an invalid checker, or a mode without a checker */
function chooseChecker({ typeChecker, check }: CodeModeOptions): ProgramChecker | undefined {
  if (check !== undefined && !CHECK_MODES.includes(check))
    throw new TypeError(`\`check\` must be one of ${CHECK_MODES.join(', ')}; got ${String(check)}`)
  if (typeChecker === undefined) {
    if (check === undefined) return undefined
    throw new TypeError('`check` needs a `typeChecker`, such as typecheck() of @glovebox/typecheck')
  }
  if (typeof typeChecker?.check !== 'function') throw new TypeError('`typeChecker` must have a function `check`')
  return new ProgramChecker(typeChecker, check ?? 'error')
}

/** Rejects a pinned tool that does not exist: a misspelt one would otherwise be ignored. A pattern may match nothing. */
function assertPinned(pinned: readonly string[], catalog: Catalog): void {
  const unknown = pinned.find((path) => !path.includes('*') && catalog.find(path) === undefined)
  if (unknown !== undefined) throw new TypeError(`\`declarations.pinned\`: ${noSuchTool(catalog, unknown)}`)
}

function writeCatalog(catalog: Catalog, options: DeclarationOptions, prompt: PromptOptions): WrittenCatalog {
  const surrounding = (isWhole: boolean) => explanation(catalog, prompt, isWhole)
  const written = declarationsFromCatalog(catalog, { maxTokens: DEFAULT_MAX_TOKENS, ...options }, surrounding)
  const { text, omitted, warnings } = written
  let allWarnings: readonly ToolWarning[] | undefined
  return {
    catalog,
    declarations: text,
    omitted,
    warnings: () => {
      allWarnings ??= [...warnings, ...unassertedPatterns(catalog)]
      return allWarnings
    },
    instructions: writeInstructions(catalog, written, prompt),
  }
}
