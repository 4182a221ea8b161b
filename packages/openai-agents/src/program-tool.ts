import { ToolCallError, type ToolContext } from '@glovebox/core'
import { callIdIn, type ProgramTool, unchecked } from '@glovebox/core/framework'
import { type FunctionTool, invokeFunctionTool, type RunContext } from '@openai/agents'

/** What the SDK tells a tool about its call. */
type Details = Parameters<FunctionTool['invoke']>[2]

/** What the tools of a program are told of the call that runs it. */
interface ProgramCallContext<Context> {
  readonly runContext: RunContext<Context>
  readonly details: Details
}

/** What the SDK's own `errorFunction` says in place of any error. */
const DEFAULT_ERROR = 'An error occurred while running the tool. Please try again.'

/** A tool as programs may call it. What an `errorFunction` of its own says in place of an error, the program is given as a result. */
export function toProgramTool<Context>(tool: FunctionTool<Context, never>): ProgramTool {
  const { name, description, parameters, outputSchema, needsApproval } = tool
  return {
    description,
    inputSchema: parameters,
    // The SDK checks no output.
    ...(outputSchema === undefined ? {} : { outputSchema, parseOutput: unchecked }),
    execute: async (input, { signal, callId, context }: ToolContext) => {
      const { runContext, details } = context as ProgramCallContext<Context>
      const toolCallId = callIdIn(details?.toolCall?.callId, callId)
      if (await needsApproval(runContext, input as never, toolCallId)) {
        throw new ToolCallError('TOOL_DENIED', `${name} needs approval for this, and no program is given it`)
      }
      signal.throwIfAborted()
      const text = JSON.stringify(input)
      const toolCall = {
        type: 'function_call',
        ...details?.toolCall,
        callId: toolCallId,
        name,
        arguments: text,
      } as const
      // The SDK keeps what it needs for itself where spreading does not see it.
      const inner = Object.create(null, Object.getOwnPropertyDescriptors(details ?? {})) as NonNullable<Details>
      const output = await invokeFunctionTool({
        tool: tool.timeoutErrorFunction === undefined ? { ...tool, timeoutBehavior: 'raise_exception' } : tool,
        runContext,
        input: text,
        details: Object.assign(inner, { toolCall, signal }),
      })
      if (output === DEFAULT_ERROR) throw new Error(output)
      return output
    },
  }
}
