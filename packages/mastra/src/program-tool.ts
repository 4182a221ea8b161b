import { ToolCallError, type ToolContext } from '@glovebox/core'
import { callIdIn, type ProgramTool, parseSchema, unchecked } from '@glovebox/core/framework'
import type { ToolsInput } from '@mastra/core/agent'
import {
  isValidationError,
  type RequireToolApproval,
  type Tool,
  type ToolExecutionContext,
  validateToolInput,
} from '@mastra/core/tools'

/** What Mastra's own tools have of what matters here. */
interface FreeTool extends Pick<Tool, 'id' | 'inputSchema' | 'onInputAvailable' | 'onOutput'> {
  readonly description?: string
  readonly outputSchema?: object
  execute(input: unknown, context: ToolExecutionContext): unknown
}

/** Whether a program may call a tool: Mastra runs it, and nobody has to approve it or to answer it. */
export function isFree(tool: ToolsInput[string]): tool is ToolsInput[string] & FreeTool {
  const { id, execute, requireApproval, needsApprovalFn, suspendSchema, resumeSchema } = tool as Partial<Tool>
  if (typeof id !== 'string' || typeof execute !== 'function' || 'type' in tool) return false
  return !requireApproval && needsApprovalFn === undefined && suspendSchema === undefined && resumeSchema === undefined
}

/** A tool as programs may call it. What its schemas make of an input and an output, it makes by itself. */
export function toProgramTool(name: string, tool: FreeTool, approval: RequireToolApproval | undefined): ProgramTool {
  const { id, description, inputSchema, outputSchema } = tool
  const input = inputSchema && parseSchema('input', inputSchema).schema
  const output = outputSchema && parseSchema('output', outputSchema).schema
  return {
    ...(description === undefined ? {} : { description }),
    ...(input === undefined ? {} : { inputSchema: input }),
    ...(output === undefined ? {} : { outputSchema: output }),
    parseInput: async (value) => {
      const { error } = validateToolInput(inputSchema, value, id)
      return error === undefined ? { value } : { problems: [error.message] }
    },
    parseOutput: unchecked,
    execute: async (given, { signal, callId, context }: ToolContext) => {
      const outer = (context ?? {}) as ToolExecutionContext
      const args = given as Record<string, unknown>
      await authorize(name, args, outer, approval)
      const toolCallId = callIdIn(outer.agent?.toolCallId, callId)
      const messages = outer.agent?.messages ?? []
      await tell(outer, () => tool.onInputAvailable?.({ toolCallId, input: args, messages, abortSignal: signal }))
      signal.throwIfAborted()
      const result = await tool.execute(given, { ...contextIn(outer, name, toolCallId), abortSignal: signal })
      if (isValidationError(result)) throw new ToolCallError('TOOL_OUTPUT_INVALID', `${name}: ${result.message}`)
      await tell(outer, () => tool.onOutput?.({ toolCallId, toolName: name, output: result, abortSignal: signal }))
      return result
    },
  }
}

/** As Mastra has it, a hook that throws is logged, and changes nothing. */
async function tell({ mastra }: ToolExecutionContext, hook: () => unknown): Promise<void> {
  try {
    await hook()
  } catch (error) {
    mastra?.getLogger?.()?.error('A hook of a tool failed', error)
  }
}

/** @throws `ToolCallError` `TOOL_DENIED` for a call that a person, or Mastra, would have to let through */
async function authorize(
  name: string,
  args: Record<string, unknown>,
  { mastra, requestContext, workspace }: ToolExecutionContext,
  approval: RequireToolApproval | undefined,
): Promise<void> {
  if (mastra?.getServer?.()?.fga !== undefined) {
    const message = `Whether ${name} may be called, Mastra has to check, which it does not for programs: its host has to name it in \`direct\``
    throw new ToolCallError('TOOL_DENIED', message)
  }
  if (typeof approval !== 'function') return
  const told = { toolName: name, args, requestContext: entriesOf(requestContext), ...(workspace && { workspace }) }
  // As Mastra has it, a policy that throws wants to be asked again, by a person.
  const needsApproval = await Promise.resolve(told)
    .then(approval)
    .catch(() => true)
  if (needsApproval)
    throw new ToolCallError('TOOL_DENIED', `${name} needs approval for this, and no program is given it`)
}

/** Mastra keeps a key of its own there. */
function entriesOf(requestContext: ToolExecutionContext['requestContext']): Record<string, unknown> {
  const entries = [...(requestContext?.entries() ?? [])] as [string, unknown][]
  return Object.fromEntries(entries.filter(([key]) => key !== '__mastra_requireToolApproval'))
}

/** What a tool is told, but for the pause of another call: a program cannot be suspended in the middle of its own. */
function contextIn(outer: ToolExecutionContext, name: string, toolCallId: string): ToolExecutionContext {
  const suspend = async () => {
    const message = `${name} suspends its run, which no program can: its host has to name it in \`direct\``
    throw new ToolCallError('TOOL_DENIED', message)
  }
  const { resumeData: _data, suspendPayload: _payload, agent, workflow: _workflow, ...rest } = outer
  if (agent === undefined) return { ...rest, suspend }
  const { resumeData: _agentData, suspendPayload: _agentPayload, ...told } = agent
  return { ...rest, suspend, agent: { ...told, suspend, toolCallId } }
}
