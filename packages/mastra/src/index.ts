import { ToolCallError, type ToolContext } from '@glovebox/core'
import { callIdIn, type ProgramTool, readSchema, type WrapperOptions, wrapTools } from '@glovebox/core/framework'
import { sharedQuickJS } from '@glovebox/quickjs/shared'
import type { AgentInstructions, ToolsInput } from '@mastra/core/agent'
import {
  createTool,
  isValidationError,
  type RequireToolApproval,
  type Tool,
  type ToolExecutionContext,
} from '@mastra/core/tools'

export interface CodemodeOptions<Tools extends ToolsInput> extends WrapperOptions {
  readonly instructions?: AgentInstructions
  /**
   * Tools of Mastra. Those that need approval, suspend, or are not run by Mastra itself stay what they are: the model
   * calls them by itself.
   */
  readonly tools: Tools
  /** What the agent is given. A function is asked about the calls of programs too, and what it wants approved they are denied. */
  readonly requireToolApproval?: RequireToolApproval
}

export interface Codemode<Tools extends ToolsInput> {
  instructions: AgentInstructions
  /** The tools to give to the agent: the one that runs programs, and those that no program may call. */
  tools: { run_program: Tool<{ code: string }> } & Direct<Tools>
}

/** Some of the tools: which, no type tells. */
type Direct<Tools extends ToolsInput> = string extends keyof Tools ? Tools : Partial<Tools>

/**
 * Lets the model write programs that call the tools, in place of calling them one at a time: give what it returns to
 * `new Agent()`.
 *
 * @throws `TypeError` for options that make no sense, `SandboxError` where there is no sandbox
 */
export function codemode<Tools extends ToolsInput>(options: CodemodeOptions<Tools>): Codemode<Tools> {
  const { instructions, tools, requireToolApproval, ...rest } = options
  const { codeMode, direct, guidance } = wrapTools({
    tools: Object.entries(tools),
    read: (tool, name) => (isFree(tool) ? readTool(name, tool, requireToolApproval) : undefined),
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
    tools: { ...(Object.fromEntries(direct) as Direct<Tools>), run_program: runProgram as Tool<{ code: string }> },
  }
}

/** What Mastra's own tools have of what matters here. */
interface FreeTool {
  readonly id: string
  readonly description?: string
  readonly inputSchema?: object
  readonly outputSchema?: object
  execute(input: unknown, context: ToolExecutionContext): unknown
}

function isFree(tool: ToolsInput[string]): tool is ToolsInput[string] & FreeTool {
  const { id, execute, requireApproval, needsApprovalFn, suspendSchema, resumeSchema } = tool as Partial<Tool>
  if (typeof id !== 'string' || typeof execute !== 'function' || 'type' in tool) return false
  return !requireApproval && needsApprovalFn === undefined && suspendSchema === undefined && resumeSchema === undefined
}

/** A tool as programs may call it. What its schemas make of an input and an output, it makes by itself. */
function readTool(name: string, tool: FreeTool, approval: RequireToolApproval | undefined): ProgramTool {
  const { description, inputSchema, outputSchema } = tool
  const input = inputSchema && readSchema('input', inputSchema).schema
  const output = outputSchema && readSchema('output', outputSchema).schema
  return {
    ...(description === undefined ? {} : { description }),
    ...(input === undefined ? {} : { inputSchema: input }),
    ...(output === undefined ? {} : { outputSchema: output }),
    execute: async (given, { signal, callId, context }: ToolContext) => {
      const outer = (context ?? {}) as ToolExecutionContext
      const args = given as Record<string, unknown>
      if (typeof approval === 'function' && (await approval({ toolName: name, args }))) {
        throw new ToolCallError('TOOL_DENIED', `${name} needs approval for this, and no program is given it`)
      }
      const result = await tool.execute(given, { ...contextIn(outer, name, callId), abortSignal: signal })
      if (isValidationError(result)) throw new ToolCallError('TOOL_FAILED', `${name}: ${result.message}`)
      return result
    },
  }
}

/** What a tool is told, but for the pause of another call: a program cannot be suspended in the middle of its own. */
function contextIn(outer: ToolExecutionContext, name: string, callId: number): ToolExecutionContext {
  const suspend = async () => {
    const message = `${name} suspends its run, which no program can: its host has to name it in \`direct\``
    throw new ToolCallError('TOOL_DENIED', message)
  }
  const { resumeData: _data, suspendPayload: _payload, agent, workflow: _workflow, ...rest } = outer
  if (agent === undefined) return { ...rest, suspend }
  const { resumeData: _agentData, suspendPayload: _agentPayload, ...told } = agent
  return { ...rest, suspend, agent: { ...told, suspend, toolCallId: callIdIn(agent.toolCallId, callId) } }
}

function addGuidance(instructions: AgentInstructions | undefined, guidance: string): AgentInstructions {
  if (instructions === undefined) return guidance
  if (typeof instructions === 'string') return `${instructions}\n\n${guidance}`
  const list = Array.isArray(instructions) ? instructions : [instructions]
  const isText = list.every((each) => typeof each === 'string')
  return [...list, isText ? guidance : { role: 'system', content: guidance }] as AgentInstructions
}
