import { applyEdits, modify, type Node, type ParseError, parseTree } from 'jsonc-parser'
import { UsageError } from './exit-codes.ts'

/** A part of a text. */
interface Span {
  readonly offset: number
  readonly length: number
}

/** Name of our entry among the servers of a host. */
const OURS = 'glovebox'
const READING = { allowTrailingComma: true, disallowComments: false }

/** The servers of a host, as its configuration file has them. */
export interface HostServers {
  /** Text of the object with the servers, with its comments. */
  readonly text: string
  readonly names: readonly string[]
  /** Whether our entry is among them. */
  readonly isConnected: boolean
  readonly span: Span
}

/**
 * Finds the servers in the text of a configuration file.
 *
 * @param key property with the servers, such as `mcpServers`
 * @throws `UsageError` for a file that is not an object of JSON with comments
 */
export function serversIn(file: string, text: string, key: string): HostServers | undefined {
  const errors: ParseError[] = []
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, READING)
  if (root?.type !== 'object' || errors.length > 0) throw new UsageError(`${file} is not valid JSON: correct it first.`)
  const value = valueOf(root, key)
  if (value === undefined) return undefined
  if (value.type !== 'object') throw new UsageError(`${file}: \`${key}\` is not an object: correct it first.`)
  const names = (value.children ?? []).map((property) => String(property.children?.[0]?.value))
  const { offset, length } = value
  return {
    text: text.slice(offset, offset + length),
    names,
    isConnected: names.includes(OURS),
    span: { offset, length },
  }
}

/** Replaces the servers of a host by our entry. Nothing else in the text changes. */
export function withOurs(text: string, { span }: HostServers, entry: object): string {
  const indent = indentAt(text, span.offset)
  const object = JSON.stringify({ [OURS]: entry }, undefined, indent.step).replaceAll('\n', `\n${indent.line}`)
  return replaced(text, span, object)
}

/**
 * Puts the servers back that {@link withOurs} replaced. Servers that were added since stay.
 *
 * @param moved text of the object with the servers, as it was
 */
export function withoutOurs(text: string, servers: HostServers, key: string, moved: string): string {
  // Unless servers were added, the object becomes what it was, with its comments.
  if (servers.names.length === 1) return replaced(text, servers.span, moved)
  const formattingOptions = { insertSpaces: true, tabSize: indentAt(text, servers.span.offset).step }
  const edit = (before: string, name: string, value: unknown) =>
    applyEdits(before, modify(before, [key, name], value, { formattingOptions }))
  const tree = parseTree(moved, [], READING)
  let edited = edit(text, OURS, undefined)
  for (const property of tree?.children ?? []) {
    const [name, value] = property.children ?? []
    if (name === undefined || value === undefined || servers.names.includes(String(name.value))) continue
    edited = edit(edited, String(name.value), plain(value))
  }
  return edited
}

const valueOf = (root: Node, key: string): Node | undefined =>
  root.children?.find((property) => property.children?.[0]?.value === key)?.children?.[1]

const replaced = (text: string, { offset, length }: Span, by: string): string =>
  text.slice(0, offset) + by + text.slice(offset + length)

/** Returns the indentation of the line at a position, and the number of spaces of one level. */
function indentAt(text: string, offset: number): { readonly line: string; readonly step: number } {
  const start = text.lastIndexOf('\n', offset) + 1
  const line = /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? ''
  return { line, step: line.length === 0 || line.includes('\t') ? 2 : line.length }
}

function plain(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plain)
  if (node.type !== 'object') return node.value
  return Object.fromEntries(
    (node.children ?? []).map(({ children: [name, value] = [] }) => [
      String(name?.value),
      value === undefined ? null : plain(value),
    ]),
  )
}
