import { type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import type { AgentInstructions, ToolsInput } from '@mastra/core/agent'
import { createTool, type RequireToolApproval, type Tool, type ToolExecutionContext } from '@mastra/core/tools'
import { isFree, toProgramTool } from './program-tool.ts'

/** Options of {@link codemode}. */
export interface WrapOptions<Tools extends ToolsInput> extends WrapperOptions {
  /** Instructions of the agent. The returned ones have usage instructions appended. Default: none. */
  readonly instructions?: AgentInstructions
  /**
   * Tools of Mastra. Tools that need approval, can suspend, have no `execute` or do not come from `createTool` are not
   * available to programs: the model calls them directly.
   */
  readonly tools: Tools
  /**
   * Approval policy, as passed to the agent. A function is also asked about each call in a program; a call that needs
   * approval fails with `TOOL_DENIED`. A boolean does not affect calls in programs. Default: none.
   */
  readonly requireToolApproval?: RequireToolApproval
}

/** Result of {@link codemode}. */
export interface WrappedTools<Tools extends ToolsInput, Name extends string = 'run_program'> {
  instructions: AgentInstructions
  /** Tools for the agent: the tool that runs programs, and the tools that programs cannot call. */
  tools: Record<Name, Tool<{ code: string }>> & Direct<Tools>
}

/** Subset of the tools. Types cannot express which ones, so each is optional. */
type Direct<Tools extends ToolsInput> = string extends keyof Tools ? Tools : Partial<Tools>

/**
 * Wraps the tools so that the model writes programs that call them, instead of calling them one at a time. Pass the
 * returned `instructions` and `tools` to `new Agent()`.
 *
 * @throws `TypeError` for invalid options, `SandboxError` if no sandbox is available or it does not meet `require`
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
