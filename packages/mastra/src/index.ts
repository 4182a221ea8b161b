import { type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import type { AgentInstructions, ToolsInput } from '@mastra/core/agent'
import { createTool, type RequireToolApproval, type Tool, type ToolExecutionContext } from '@mastra/core/tools'
import { isFree, toProgramTool } from './program-tool.ts'

export interface WrapOptions<Tools extends ToolsInput> extends WrapperOptions {
  readonly instructions?: AgentInstructions
  /**
   * Tools of Mastra. Those that need approval, suspend, or are not run by Mastra itself stay what they are: the model
   * calls them by itself.
   */
  readonly tools: Tools
  /** What the agent is given. A function is asked about the calls of programs too, and what it wants approved they are denied. */
  readonly requireToolApproval?: RequireToolApproval
}

export interface WrappedTools<Tools extends ToolsInput, Name extends string = 'run_program'> {
  instructions: AgentInstructions
  /** The tools to give to the agent: the one that runs programs, and those that no program may call. */
  tools: Record<Name, Tool<{ code: string }>> & Direct<Tools>
}

/** Some of the tools: which, no type tells. */
type Direct<Tools extends ToolsInput> = string extends keyof Tools ? Tools : Partial<Tools>

/**
 * Lets the model write programs that call the tools, in place of calling them one at a time: give what it returns to
 * `new Agent()`.
 *
 * @throws `TypeError` for options that make no sense, `SandboxError` where there is no sandbox
 */
export function codemode<Tools extends ToolsInput, const Name extends string = 'run_program'>(
  options: WrapOptions<Tools> & { readonly toolName?: Name },
): WrappedTools<Tools, Name> {
  const { instructions, tools, requireToolApproval, ...rest } = options
  const { codeMode, direct, guidance } = wrapTools({
    tools: Object.entries(tools),
    read: (tool, name) => (isFree(tool) ? toProgramTool(name, tool, requireToolApproval) : undefined),
    defaultSandbox: sharedQuickJS,
    options: rest,
  })
  const { name, description, inputSchema, execute } = codeMode.tool
  const runProgram = createTool({
    id: name,
    description,
    inputSchema,
    execute: (input: unknown, context: ToolExecutionContext) =>
      execute(input as { code: string }, { context, signal: context?.abortSignal }),
  })
  return {
    instructions: addGuidance(instructions, guidance),
    tools: { ...Object.fromEntries(direct), [name]: runProgram } as WrappedTools<Tools, Name>['tools'],
  }
}

function addGuidance(instructions: AgentInstructions | undefined, guidance: string): AgentInstructions {
  if (instructions === undefined) return guidance
  if (typeof instructions === 'string') return `${instructions}\n\n${guidance}`
  const list = Array.isArray(instructions) ? instructions : [instructions]
  const isText = list.every((each) => typeof each === 'string')
  return [...list, isText ? guidance : { role: 'system', content: guidance }] as AgentInstructions
}
