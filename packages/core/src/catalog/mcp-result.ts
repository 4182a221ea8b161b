import { ToolCallError } from '../contract/errors.ts'
import { fromBase64 } from '../values/base64.ts'
import { Attachment } from './attachment.ts'

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
 * blocks. A single block is not wrapped in an array. Images and other blocks that come with structured content are in its
 * property `_content`.
 *
 * @param tool name of the tool, for the error message
 * @throws `ToolCallError` `TOOL_FAILED` with the result's text if `isError` is set
 */
export function parseMcpResult(tool: string, result: McpResult): unknown {
  const given: readonly unknown[] = Array.isArray(result.content) ? result.content : []
  const content = given.filter((block) => typeof block === 'object' && block !== null) as ContentBlock[]
  if (result.isError === true) {
    const text = content
      .map((block) => block.text ?? '')
      .join('\n')
      .trim()
    throw new ToolCallError('TOOL_FAILED', text === '' ? `${tool} failed` : text)
  }
  const { structuredContent } = result
  // null is a valid result; only undefined means that there is no structured content.
  if (structuredContent !== undefined) return withFurther(structuredContent, content)
  return content.length === 1
    ? parseBlock(content[0] as ContentBlock)
    : content.length === 0
      ? undefined
      : content.map(parseBlock)
}

/** Adds the blocks that are not text, which usually repeats the structured content. */
function withFurther(structured: unknown, content: readonly ContentBlock[]): unknown {
  const further = content.filter(({ type }) => type !== 'text')
  if (further.length === 0 || typeof structured !== 'object' || structured === null || Array.isArray(structured))
    return structured
  return { ...structured, _content: further.map(parseBlock) }
}

/** Converts one block of content. */
export function parseBlock(block: ContentBlock): unknown {
  switch (block.type) {
    case 'text':
      return parseText(block.text ?? '')
    case 'image':
    case 'audio':
      return new Attachment(bytesOf(block.data ?? ''), block)
    case 'resource': {
      const { uri, mimeType, text, blob } = block.resource ?? { uri: '' }
      return blob === undefined
        ? { type: 'resource', uri, mimeType, text }
        : new Attachment(bytesOf(blob), { type: 'resource', uri, mimeType })
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
 * content send objects and arrays as JSON, but `123` and `true` are usually text. Text with a number that JavaScript
 * cannot represent, such as a long id, stays text.
 */
export function parseText(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    if (!/[\d.]{16}|\de/i.test(text)) return JSON.parse(text)
    return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) => {
      if (typeof value === 'number' && context?.source !== undefined && !isExact(value, context.source)) throw LOSSY
      return value
    })
  } catch (error) {
    if (error === LOSSY || error instanceof SyntaxError || error instanceof RangeError) return text
    throw error
  }
}

const LOSSY = new Error('The text holds a number that JavaScript cannot represent')

/** Maximum length of a number that is compared. The digits of no number that JavaScript can represent are longer. */
const MAX_NUMBER_LENGTH = 400

const isExact = (value: number, source: string): boolean =>
  (source.length <= 15 && !/e/i.test(source)) ||
  (source.length <= MAX_NUMBER_LENGTH && decimalOf(String(value)) === decimalOf(source))

/** Returns the digits and the exponent of a number without zeros at its ends, so that equal numbers have equal texts. */
function decimalOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return `${sign}0`
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

/** Decodes base64, or its URL-safe variant, which some servers send. Other text is encoded as it is. */
function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return new TextEncoder().encode(base64)
  }
}
