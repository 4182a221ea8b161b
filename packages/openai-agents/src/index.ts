import { type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import { type Agent, RunContext, type Tool } from '@openai/agents'
import { toProgramTool } from './program-tool.ts'
import { runProgramTool } from './run-program-tool.ts'

/** What an agent takes as its instructions. */
type Instructions<Context> =
  | string
  // biome-ignore lint/suspicious/noExplicitAny: an agent of any output, as the SDK has it.
  | ((runContext: RunContext<Context>, agent: Agent<Context, any>) => string | Promise<string>)

export interface WrapOptions<Context> extends WrapperOptions {
  readonly instructions?: Instructions<Context>
  /**
   * Tools of the Agents SDK. Hosted ones, and those that need approval, have guardrails, are agents or are not always enabled,
   * stay what they are: the model calls them by itself.
   */
  readonly tools: readonly Tool<Context>[]
}

export interface WrappedTools<Context> {
  instructions: Instructions<Context>
  /** The tools to give to the agent: the one that runs programs, and those that no program may call. */
  tools: Tool<Context>[]
}

/**
 * Lets the model write programs that call the tools, in place of calling them one at a time: give what it resolves to
 * to `new Agent()`. Waits for the tools to say whether they need approval.
 *
 * @throws `TypeError` for options that make no sense, `SandboxError` where there is no sandbox
 */
export async function codemode<Context = unknown>(options: WrapOptions<Context>): Promise<WrappedTools<Context>> {
  const { instructions, tools, direct: asked = [], ...rest } = options
  const states = new Map<Tool<Context>, State>()
  for (const tool of tools) states.set(tool, await stateOf(tool))
  const [offered, off] = [
    tools.filter((tool) => states.get(tool) !== 'off'),
    tools.filter((tool) => states.get(tool) === 'off'),
  ]
  const named = (name: string, among = offered) => among.filter((tool) => tool.name === name)
  const { codeMode, direct, guidance } = wrapTools({
    tools: offered.map((tool) => [tool.name, tool] as const),
    // In namespaces of their own, several tools may have one name.
    read: (tool, name) =>
      tool.type === 'function' && states.get(tool) === 'free' && named(name).length === 1
        ? toProgramTool(tool)
        : undefined,
    defaultSandbox: sharedQuickJS,
    options: { ...rest, direct: asked.filter((name) => named(name).length > 0 || named(name, off).length === 0) },
  })
  return {
    instructions: addGuidance(instructions, guidance),
    tools: [runProgramTool<Context>(codeMode), ...direct.map(([, tool]) => tool), ...off],
  }
}

/** Whether programs may call a tool, or nobody may, or it is left to the SDK. */
type State = 'free' | 'off' | 'direct'

/**
 * A program may call what nobody has to approve and no guardrail stands around. What asks for its arguments, its agent or
 * its run is left to the SDK, which has them: a predicate takes parameters, and the constant that stands in place of one
 * takes none.
 */
async function stateOf<Context>(tool: Tool<Context>): Promise<State> {
  // A tool that is an agent asks for approvals of its own, which reach nobody from within a program.
  if (tool.type !== 'function' || 'on' in tool) return 'direct'
  const { needsApproval, isEnabled, inputGuardrails = [], outputGuardrails = [] } = tool
  const nowhere = new RunContext<Context>()
  try {
    if (isEnabled.length === 0 && !(await isEnabled(nowhere, undefined as never))) return 'off'
    if (inputGuardrails.length + outputGuardrails.length + needsApproval.length + isEnabled.length > 0) return 'direct'
    return (await needsApproval(nowhere, {} as never)) ? 'direct' : 'free'
  } catch {
    // A predicate whose parameters cannot be counted, and which cannot do without them.
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
