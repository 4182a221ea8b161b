import type { ResumeTool } from '@glovebox/core/framework'
import { jsonSchema, type Tool } from 'ai'
import type { CallOptions } from './program-tool.ts'

/** Creates the tool that resumes a suspended run. The AI SDK asks for approval of each call of it. */
export function resumeProgramTool({ description, inputSchema, execute }: ResumeTool): Tool {
  return {
    description,
    inputSchema: jsonSchema(inputSchema),
    needsApproval: true,
    execute: (input: unknown, options: CallOptions) => {
      // AI SDK 5 has no approvals, and later versions can be told to skip them.
      if (!isApproved(options)) return { error: 'TOOL_DENIED: the user was not asked to approve this call' }
      return execute(input, { context: options, signal: options.abortSignal })
    },
  } as Tool
}

/** Returns whether the messages show that the user approved this call. */
function isApproved({ messages, toolCallId }: CallOptions): boolean {
  const parts = (messages as readonly { readonly content: unknown }[]).flatMap(({ content }) =>
    Array.isArray(content) ? (content as readonly Part[]) : [],
  )
  const request = parts.findLast((part) => part.type === 'tool-approval-request' && part.toolCallId === toolCallId)
  return parts.some(
    (part) =>
      part.type === 'tool-approval-response' && part.approvalId === request?.approvalId && part.approved === true,
  )
}

interface Part {
  readonly type: string
  readonly toolCallId?: string
  readonly approvalId?: string
  readonly approved?: boolean
}
