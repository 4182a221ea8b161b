import { type ToolProvider, toolProvider } from './catalog/provider.ts'
import type { Tool, UnnamedTool } from './catalog/tool.ts'
import { type CodeMode, type CodeModeOptions, openCodeMode } from './code-mode.ts'
import type { PolicyRule } from './execution/call-rules.ts'
import { type ResumeTool, resumeTool } from './resume-tool.ts'
import type { Sandbox } from './sandbox/sandbox.ts'

/** Options that every framework wrapper accepts in addition to its framework's own options. */
export interface WrapperOptions extends Omit<CodeModeOptions, 'sandbox' | 'tools'> {
  /** Sandbox that runs the programs. The caller closes it. Default: a QuickJS sandbox that the whole process shares. */
  readonly sandbox?: Sandbox
  /**
   * Names of tools that the model calls directly instead of from programs. Tools that programs cannot call are direct
   * in any case. Default: none.
   */
  readonly direct?: readonly string[]
  /** Further tools that programs can call, such as the tools of MCP servers. Default: none. */
  readonly providers?: readonly ToolProvider[]
}

/** A framework's tool, converted so that programs can call it. */
export interface ProgramTool extends Omit<UnnamedTool, 'inputSchema' | 'outputSchema'> {
  /** JSON Schema of the input. The type accepts the type that each framework uses for JSON Schema. */
  readonly inputSchema?: object | boolean
  /** JSON Schema of the output. */
  readonly outputSchema?: object | boolean
  /**
   * Whether a call needs the framework's approval, or a function that decides so with the input and the `context` of the
   * execution. Such a tool is only available to programs if the wrapper has `runs`. Default: false
   */
  readonly needsApproval?: boolean | ((input: unknown, context: unknown, callId: number) => boolean | Promise<boolean>)
}

/** Argument of {@link wrapTools}. */
export interface WrapRequest<FrameworkTool> {
  /** The framework's tools by name. */
  readonly tools: Iterable<readonly [name: string, tool: FrameworkTool]>
  /** Converts a tool. Returns undefined if a call needs the framework or an approval, so that the tool stays direct. */
  read(tool: FrameworkTool, name: string): ProgramTool | undefined
  /**
   * Whether the wrapper offers the `resume` tool, for which the framework asks for approval. Default: false, so that tools
   * that need approval are always direct.
   */
  readonly canAsk?: boolean
  /** Returns the sandbox to use if the options have none. */
  defaultSandbox(): Sandbox
  /** Options that the user of the wrapper passed. */
  readonly options: WrapperOptions
}

/** Result of {@link wrapTools}. */
export interface Wrapped<FrameworkTool> {
  /** Code mode that runs the programs. */
  readonly codeMode: CodeMode
  /** Tools that the model calls directly. */
  readonly direct: readonly (readonly [name: string, tool: FrameworkTool])[]
  /** Text to append to the system prompt. */
  readonly guidance: string
  /** Tool that resumes a suspended run. The framework must ask for approval of each of its calls. */
  readonly resume: ResumeTool | undefined
}

/**
 * Splits a framework's tools into tools that programs call and tools that the model calls directly. No tool is dropped.
 * Tools for which `read` returns undefined, such as tools that need approval, are always direct.
 *
 * @throws `TypeError` for invalid options; `SandboxError` `GUARANTEE_NOT_MET` if the sandbox does not meet `require`
 */
export function wrapTools<FrameworkTool>(request: WrapRequest<FrameworkTool>): Wrapped<FrameworkTool> {
  const { sandbox = request.defaultSandbox(), direct: asked = [], providers = [], policy, ...rest } = request.options
  const canAsk = request.canAsk === true && rest.runs !== undefined
  const given = [...request.tools]
  const unknown = asked.filter((name) => !given.some(([known]) => known === name))
  if (unknown.length > 0) throw new TypeError(`\`direct\` lists unknown tools: ${unknown.join(', ')}`)
  const called: Tool[] = []
  const approvals = new Map<string, NonNullable<ProgramTool['needsApproval']>>()
  const direct: (readonly [string, FrameworkTool])[] = []
  for (const [name, tool] of given) {
    const { needsApproval = false, ...readable } =
      (asked.includes(name) ? undefined : readNamed(request, tool, name)) ?? {}
    if (!('execute' in readable) || (needsApproval !== false && !canAsk)) {
      direct.push([name, tool])
      continue
    }
    called.push({ ...(readable as UnnamedTool), name })
    if (needsApproval !== false) approvals.set(name, needsApproval)
  }
  const names = [...new Set(direct.map(([name]) => name))]
  const tools = [toolProvider({ name: NAMESPACE, tools: called }), ...providers]
  const rules = withApprovals(policy, approvals)
  const codeMode = openCodeMode({ ...rest, ...(rules !== undefined && { policy: rules }), sandbox, tools }, names)
  const resume = canAsk && codeMode.runs !== undefined ? resumeTool(codeMode, codeMode.runs) : undefined
  if (names.includes(codeMode.tool.name)) {
    throw new TypeError(
      `A direct tool is called ${codeMode.tool.name}, like the tool that runs programs: set \`toolName\` to another name`,
    )
  }
  return { codeMode, direct, guidance: writeGuidance(codeMode.tool.name, names, resume?.name), resume }
}

/** Adds a rule that asks about the calls for which the framework's tools need approval. */
function withApprovals(
  policy: WrapperOptions['policy'],
  approvals: ReadonlyMap<string, NonNullable<ProgramTool['needsApproval']>>,
): WrapperOptions['policy'] {
  if (approvals.size === 0) return policy
  const asking: PolicyRule = {
    tools: `${NAMESPACE}.*`,
    effect: 'ask',
    when: (input, { id, name, context }) => {
      const needsApproval = approvals.get(name) ?? false
      return typeof needsApproval === 'function' ? needsApproval(input, context, id) : needsApproval
    },
  }
  if (policy === undefined) return [asking]
  return 'rules' in policy ? { ...policy, rules: [...policy.rules, asking] } : [...policy, asking]
}

function readNamed<FrameworkTool>({ read }: WrapRequest<FrameworkTool>, tool: FrameworkTool, name: string) {
  try {
    return read(tool, name)
  } catch (error) {
    const message = `The tool ${name} cannot be declared: ${(error as Error).message}. Fix it, or list it in \`direct\``
    throw new TypeError(message, { cause: error })
  }
}

/** Returns the id of a call that a program makes, derived from the id of the call that runs the program. */
export function callIdIn(outer: string | undefined, callId: number): string {
  return `${outer ?? 'program'}.${callId}`
}

/** Namespace of the framework's tools. */
const NAMESPACE = 'tools'

function writeGuidance(runProgram: string, direct: readonly string[], resume: string | undefined): string {
  const alone = direct.length === 0 ? '' : `\nCall these tools directly; programs cannot: ${direct.join(', ')}.`
  const waiting =
    resume === undefined
      ? ''
      : `\nIf ${runProgram} returns \`waiting\`, pass its content unchanged to ${resume}: the user then decides on the calls.`
  return `To use tools, write one program that calls all that the task needs, and pass it to ${runProgram}: its description declares them. \
If a program fails, fix it and continue from what has already been done.${waiting}${alone}`
}
