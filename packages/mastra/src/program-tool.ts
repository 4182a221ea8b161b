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

/** Properties of Mastra tools that are used here. */
interface FreeTool
  extends Pick<Tool, 'id' | 'inputSchema' | 'onInputAvailable' | 'onOutput' | 'requireApproval' | 'needsApprovalFn'> {
  readonly description?: string
  readonly outputSchema?: object
  execute(input: unknown, context: ToolExecutionContext): unknown
}

/** Returns whether programs may call a tool: Mastra runs it, without suspending. */
export function isFree(tool: ToolsInput[string]): tool is ToolsInput[string] & FreeTool {
  const { id, execute, suspendSchema, resumeSchema } = tool as Partial<Tool>
  if (typeof id !== 'string' || typeof execute !== 'function' || 'type' in tool) return false
  return suspendSchema === undefined && resumeSchema === undefined
}

/**
 * Converts a tool for programs. `tool.execute` applies its own schemas to the input and the output.
 *
 * @param isAsked whether programs wait for the approval of calls that need it
 */
export function toProgramTool(
  name: string,
  tool: FreeTool,
  approval: RequireToolApproval | undefined,
  isAsked: boolean,
): ProgramTool {
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
    needsApproval: isAsked
      ? (input, context) => needsApproval(name, input as Record<string, unknown>, context, tool, approval)
      : Boolean(tool.requireApproval) || tool.needsApprovalFn !== undefined,
    execute: async (given, { signal, callId, context }: ToolContext) => {
      const outer = (context ?? {}) as ToolExecutionContext
      const args = given as Record<string, unknown>
      refuseAuthorization(name, outer)
      if (!isAsked && (await isPolicyAsking(name, args, outer, approval)))
        throw new ToolCallError('TOOL_DENIED', `This call of ${name} needs approval, which programs cannot get`)
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

/** Calls a hook. Like Mastra, logs an error of the hook and continues. */
async function tell({ mastra }: ToolExecutionContext, hook: () => unknown): Promise<void> {
  try {
    await hook()
  } catch (error) {
    mastra?.getLogger?.()?.error('A hook of a tool failed', error)
  }
}

/** @throws `ToolCallError` `TOOL_DENIED` if calls need authorization by Mastra */
function refuseAuthorization(name: string, { mastra }: ToolExecutionContext): void {
  if (mastra?.getServer?.()?.fga === undefined) return
  const message = `${name} needs authorization, which programs cannot get; the host must list it in \`direct\``
  throw new ToolCallError('TOOL_DENIED', message)
}

/** Returns whether the tool or the policy of the agent asks for the approval of a call. */
async function needsApproval(
  name: string,
  args: Record<string, unknown>,
  context: unknown,
  { requireApproval, needsApprovalFn }: FreeTool,
  approval: RequireToolApproval | undefined,
): Promise<boolean> {
  const outer = (context ?? {}) as ToolExecutionContext
  const told = { requestContext: entriesOf(outer.requestContext) }
  const own = needsApprovalFn === undefined ? Boolean(requireApproval) : await orTrue(() => needsApprovalFn(args, told))
  return own || (await isPolicyAsking(name, args, outer, approval))
}

/** Returns whether the policy of the agent asks for the approval of a call. */
async function isPolicyAsking(
  name: string,
  args: Record<string, unknown>,
  { requestContext, workspace }: ToolExecutionContext,
  approval: RequireToolApproval | undefined,
): Promise<boolean> {
  if (typeof approval !== 'function') return false
  return orTrue(() =>
    approval({ toolName: name, args, requestContext: entriesOf(requestContext), ...(workspace && { workspace }) }),
  )
}

/** Like Mastra, treats a policy that throws as one that needs approval. */
const orTrue = async (policy: () => unknown): Promise<boolean> => {
  try {
    return Boolean(await policy())
  } catch {
    return true
  }
}

/** Returns the entries of a request context without the key that Mastra adds. */
function entriesOf(requestContext: ToolExecutionContext['requestContext']): Record<string, unknown> {
  const entries = [...(requestContext?.entries() ?? [])] as [string, unknown][]
  return Object.fromEntries(entries.filter(([key]) => key !== '__mastra_requireToolApproval'))
}

/**
 * Returns the context for a call in a program. It has no data of a resumed call, and `suspend` rejects, because programs
 * cannot be suspended.
 */
function contextIn(outer: ToolExecutionContext, name: string, toolCallId: string): ToolExecutionContext {
  const suspend = async () => {
    const message = `${name} suspends its run, which programs cannot do; the host must list it in \`direct\``
    throw new ToolCallError('TOOL_DENIED', message)
  }
  const { resumeData: _data, suspendPayload: _payload, agent, workflow: _workflow, ...rest } = outer
  if (agent === undefined) return { ...rest, suspend }
  const { resumeData: _agentData, suspendPayload: _agentPayload, ...told } = agent
  return { ...rest, suspend, agent: { ...told, suspend, toolCallId } }
}
