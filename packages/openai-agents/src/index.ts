import { type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import { type Agent, RunContext, type Tool } from '@openai/agents'
import { toProgramTool } from './program-tool.ts'
import { resumeProgramTool, runProgramTool } from './run-program-tool.ts'

/** Instructions that an agent accepts. */
type Instructions<Context> =
  | string
  // biome-ignore lint/suspicious/noExplicitAny: an agent with any output type, as in the SDK.
  | ((runContext: RunContext<Context>, agent: Agent<Context, any>) => string | Promise<string>)

/** Options of {@link codemode}. */
export interface WrapOptions<Context> extends WrapperOptions {
  /** Instructions of the agent. The returned ones have usage instructions appended. Default: none. */
  readonly instructions?: Instructions<Context>
  /**
   * Tools of the Agents SDK. Hosted tools, agents as tools, and function tools that have guardrails, are conditionally
   * enabled or share a name are not available to programs: the model calls them directly. So are tools that need
   * approval, unless `runs` is set: then a program waits for the approval of such a call, and the tool `resume_program`
   * asks for it.
   */
  readonly tools: readonly Tool<Context>[]
}

/** Result of {@link codemode}. */
export interface WrappedTools<Context> {
  instructions: Instructions<Context>
  /** Tools for the agent: the tool that runs programs, and the tools that programs cannot call. */
  tools: Tool<Context>[]
}

/**
 * Wraps the tools so that the model writes programs that call them, instead of calling them one at a time. Pass the
 * resulting `instructions` and `tools` to `new Agent()`. Awaits the `needsApproval` and `isEnabled` of the tools.
 *
 * @throws `TypeError` for invalid options, `SandboxError` if no sandbox is available or it does not meet `require`
 */
export async function codemode<Context = unknown>(options: WrapOptions<Context>): Promise<WrappedTools<Context>> {
  const { instructions, tools, direct: asked = [], ...rest } = options
  const states = new Map<Tool<Context>, State>()
  const isAsked = rest.runs !== undefined
  for (const tool of tools) states.set(tool, await stateOf(tool, isAsked))
  const [offered, off] = [
    tools.filter((tool) => states.get(tool) !== 'off'),
    tools.filter((tool) => states.get(tool) === 'off'),
  ]
  const named = (name: string, among = offered) => among.filter((tool) => tool.name === name)
  const { codeMode, direct, guidance, resume } = wrapTools({
    tools: offered.map((tool) => [tool.name, tool] as const),
    // Tools in different namespaces may have the same name.
    read: (tool, name) =>
      tool.type === 'function' && states.get(tool) === 'free' && named(name).length === 1
        ? toProgramTool(tool, isAsked)
        : undefined,
    canAsk: true,
    defaultSandbox: sharedQuickJS,
    options: { ...rest, direct: asked.filter((name) => named(name).length > 0 || named(name, off).length === 0) },
  })
  return {
    instructions: addGuidance(instructions, guidance),
    tools: [
      runProgramTool<Context>(codeMode),
      ...(resume === undefined ? [] : [resumeProgramTool<Context>(resume)]),
      ...direct.map(([, tool]) => tool),
      ...off,
    ],
  }
}

/** Programs may call a `free` tool and only the model a `direct` one. A tool that is `off` is disabled. */
type State = 'free' | 'off' | 'direct'

/**
 * Returns whether programs may call a tool. A predicate that takes parameters needs the arguments, agent or run of a
 * call, which only the SDK has, so its tool is `direct`. The SDK turns constants into functions without parameters.
 */
async function stateOf<Context>(tool: Tool<Context>, isAsked: boolean): Promise<State> {
  // An agent as a tool may ask for approvals itself, and these would reach no person from within a program.
  if (tool.type !== 'function' || 'on' in tool) return 'direct'
  const { needsApproval, isEnabled, inputGuardrails = [], outputGuardrails = [] } = tool
  const nowhere = new RunContext<Context>()
  try {
    if (isEnabled.length === 0 && !(await isEnabled(nowhere, undefined as never))) return 'off'
    if (inputGuardrails.length + outputGuardrails.length + isEnabled.length > 0) return 'direct'
    if (isAsked) return 'free'
    if (needsApproval.length > 0) return 'direct'
    return (await needsApproval(nowhere, {} as never)) ? 'direct' : 'free'
  } catch {
    // The predicate has parameters that `length` does not count, and fails without them.
    return 'direct'
  }
}

function addGuidance<Context>(
  instructions: Instructions<Context> | undefined,
  guidance: string,
): Instructions<Context> {
  if (instructions === undefined) return guidance
  if (typeof instructions === 'string') return `${instructions}\n\n${guidance}`
  return async (runContext, agent) => `${await instructions(runContext, agent)}\n\n${guidance}`
}
