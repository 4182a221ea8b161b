import { ToolCallError, type ToolContext } from '@glovebox/core'
import { callIdIn, type ProgramTool, unchecked } from '@glovebox/core/framework'
import { type FunctionTool, invokeFunctionTool, type RunContext } from '@openai/agents'

/** Call details that the SDK passes to a tool. */
type Details = Parameters<FunctionTool['invoke']>[2]

/** Context of the `run_program` call, passed to the tools that the program calls. */
interface ProgramCallContext<Context> {
  readonly runContext: RunContext<Context>
  readonly details: Details
}

/** Text that the SDK's default `errorFunction` returns for any error. */
const DEFAULT_ERROR = 'An error occurred while running the tool. Please try again.'

/**
 * Converts a tool for programs. A custom `errorFunction` provides a result; the text of the default one is thrown.
 *
 * @param isAsked whether programs wait for the approval of calls that need it
 */
export function toProgramTool<Context>(tool: FunctionTool<Context, never>, isAsked: boolean): ProgramTool {
  const { name, description, parameters, outputSchema, needsApproval } = tool
  return {
    description,
    inputSchema: parameters,
    // The SDK does not validate outputs.
    ...(outputSchema === undefined ? {} : { outputSchema, parseOutput: unchecked }),
    ...(isAsked && {
      needsApproval: (input, context, callId) => {
        const { runContext, details } = context as ProgramCallContext<Context>
        return needsApproval(runContext, input as never, callIdIn(details?.toolCall?.callId, callId))
      },
    }),
    execute: async (input, { signal, callId, context }: ToolContext) => {
      const { runContext, details } = context as ProgramCallContext<Context>
      const toolCallId = callIdIn(details?.toolCall?.callId, callId)
      // With stored runs, the program has waited for this approval.
      if (!isAsked && (await needsApproval(runContext, input as never, toolCallId))) {
        throw new ToolCallError('TOOL_DENIED', `This call of ${name} needs approval, which programs cannot get`)
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
      // The SDK keeps internal state in non-enumerable properties, which spreading would drop.
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
