import { type ResumeTool, type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import type { AgentInstructions, ToolsInput } from '@mastra/core/agent'
import { createTool, type RequireToolApproval, type Tool, type ToolExecutionContext } from '@mastra/core/tools'
import { isFree, toProgramTool } from './program-tool.ts'

/** Options of {@link codemode}. */
export interface WrapOptions<Tools extends ToolsInput> extends WrapperOptions {
  /** Instructions of the agent. The returned ones have usage instructions appended. Default: none. */
  readonly instructions?: AgentInstructions
  /**
   * Tools of Mastra. Tools that can suspend, have no `execute` or do not come from `createTool` are not available to
   * programs: the model calls them directly. So are tools that need approval, unless `runs` is set: then a program waits
   * for the approval of such a call, and the tool `resume_program` asks for it.
   */
  readonly tools: Tools
  /**
   * Approval policy, as passed to the agent. A function is also asked about each call in a program. A call that needs
   * approval waits for it if `runs` is set, and fails with `TOOL_DENIED` otherwise. A boolean does not affect calls in programs. Default: none.
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
  const isAsked = rest.runs !== undefined
  const { codeMode, direct, guidance, resume } = wrapTools({
    tools: Object.entries(tools),
    read: (tool, name) => (isFree(tool) ? toProgramTool(name, tool, requireToolApproval, isAsked) : undefined),
    canAsk: true,
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
    tools: {
      ...Object.fromEntries(direct),
      [name]: runProgram,
      ...(resume && { [resume.name]: resumeProgramTool(resume) }),
    } as WrappedTools<Tools, Name>['tools'],
  }
}

/** Creates the tool that resumes a suspended run. Mastra asks for approval of each call of it. */
function resumeProgramTool({ name, description, inputSchema, execute }: ResumeTool) {
  return createTool({
    id: name,
    description,
    inputSchema: inputSchema as NonNullable<Parameters<typeof createTool>[0]['inputSchema']>,
    requireApproval: true,
    execute: (input: unknown, context: ToolExecutionContext) =>
      execute(input, { context, signal: context?.abortSignal }),
  })
}

function addGuidance(instructions: AgentInstructions | undefined, guidance: string): AgentInstructions {
  if (instructions === undefined) return guidance
  if (typeof instructions === 'string') return `${instructions}\n\n${guidance}`
  const list = Array.isArray(instructions) ? instructions : [instructions]
  const isText = list.every((each) => typeof each === 'string')
  return [...list, isText ? guidance : { role: 'system', content: guidance }] as AgentInstructions
}
