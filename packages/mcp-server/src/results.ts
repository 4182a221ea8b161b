import type { CodeMode, ExecuteResult, ModelOutput } from '@glovebox/core'
import type { CallToolResult } from '@modelcontextprotocol/server'

/** Converts the result of a program. The text and the structured content each suffice alone; images are content too. */
export function toolResult({ tool }: CodeMode, result: ExecuteResult): CallToolResult {
  const output: ModelOutput = tool.output(result)
  return {
    content: [
      { type: 'text', text: JSON.stringify(output) },
      ...tool.images(result).map(({ mediaType, data }) => ({ type: 'image' as const, mimeType: mediaType, data })),
    ],
    structuredContent: { ...output },
    ...(!result.ok && { isError: true }),
  }
}

/** Returns the result for a request that cannot be carried out, so that the model can correct it. */
export const failed = (message: string): CallToolResult => ({
  content: [{ type: 'text', text: message }],
  isError: true,
})

/** Returns the result for plain JSON. */
export const answered = (value: object): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(value) }],
  structuredContent: { ...value },
})
