import { ToolCallError } from '../contract/errors.ts'

/** A block of a tool's result, as the Model Context Protocol defines it. */
interface ContentBlock {
  readonly type: string
  readonly text?: string
  readonly data?: string
  readonly mimeType?: string
  readonly uri?: string
  readonly name?: string
  readonly description?: string
  readonly resource?: {
    readonly uri: string
    readonly mimeType?: string
    readonly text?: string
    readonly blob?: string
  }
}

/** The result of a tool call, as the Model Context Protocol defines it. */
export interface McpResult {
  readonly content?: readonly ContentBlock[]
  readonly structuredContent?: unknown
  readonly isError?: boolean
}

const KINDS: readonly unknown[] = ['text', 'image', 'audio', 'resource', 'resource_link']

const KEYS: readonly string[] = ['content', 'structuredContent', 'isError', '_meta']

/** Returns whether a value is the result of an MCP tool call, without keys from other types, such as chat messages. */
export function isMcpResult(value: unknown): value is McpResult {
  if (typeof value !== 'object' || value === null || !('content' in value)) return false
  if (!Object.keys(value).every((key) => KEYS.includes(key))) return false
  const { content } = value
  return Array.isArray(content) && content.length > 0 && content.every((block) => KINDS.includes(block?.type))
}

/**
 * Converts an MCP result to the value that a program receives: its structured content if there is any, otherwise its
 * blocks. A single block is not wrapped in an array.
 *
 * @param tool name of the tool, for the error message
 * @throws `ToolCallError` `TOOL_FAILED` with the result's text if `isError` is set
 */
export function parseMcpResult(tool: string, result: McpResult): unknown {
  const content = result.content ?? []
  if (result.isError === true) {
    const text = content
      .map((block) => block.text ?? '')
      .join('\n')
      .trim()
    throw new ToolCallError('TOOL_FAILED', text === '' ? `${tool} failed` : text)
  }
  // null is a valid result; only undefined means that there is no structured content.
  if (result.structuredContent !== undefined) return result.structuredContent
  return content.length === 1
    ? parseBlock(content[0] as ContentBlock)
    : content.length === 0
      ? undefined
      : content.map(parseBlock)
}

function parseBlock(block: ContentBlock): unknown {
  switch (block.type) {
    case 'text':
      return parseText(block.text ?? '')
    case 'image':
    case 'audio':
      return { type: block.type, mimeType: block.mimeType, bytes: bytesOf(block.data ?? '') }
    case 'resource': {
      const { uri, mimeType, text, blob } = block.resource ?? { uri: '' }
      return { type: 'resource', uri, mimeType, ...(blob === undefined ? { text } : { bytes: bytesOf(blob) }) }
    }
    case 'resource_link': {
      const { type, uri, name, description, mimeType } = block
      return { type, uri, name, description, mimeType }
    }
    default:
      return block
  }
}

/**
 * Parses text that contains a JSON object or array, and returns any other text unchanged. Servers without structured
 * content send objects and arrays as JSON, but `123` and `true` are usually text.
 */
export function parseText(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Decodes base64. Some servers send its URL-safe variant. */
function bytesOf(base64: string): Uint8Array {
  const binary = atob(base64.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}
