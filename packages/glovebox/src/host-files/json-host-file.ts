import { applyEdits, modify, type Node, type ParseError, parseTree } from 'jsonc-parser'
import { UsageError } from '../exit-codes.ts'
import { type GatewayCommand, type HostFile, OURS } from './host-file.ts'

const READING = { allowTrailingComma: true, disallowComments: false }
/** A value that the host asks its user for. */
const INPUT = '${input:'

/**
 * Reads the servers in the text of a configuration file of JSON with comments.
 *
 * @param key property with the servers, such as `mcpServers`
 * @throws {@link UsageError} for a file that is not an object of JSON with comments
 */
export function readJsonHostFile(file: string, text: string, key: string): HostFile | undefined {
  const errors: ParseError[] = []
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, READING)
  if (root?.type !== 'object' || errors.length > 0) throw new UsageError(`${file} is not valid JSON: correct it first.`)
  const value = valueOf(root, key)
  if (value === undefined) return undefined
  if (value.type !== 'object') throw new UsageError(`${file}: \`${key}\` is not an object: correct it first.`)
  return new JsonHostFile(text, key, value, switchesIn(file, root))
}

/** Names of servers that a host has switched off beside their list, as Gemini CLI does. */
function switchesIn(file: string, root: Node): readonly string[] {
  const mcp = valueOf(root, 'mcp')
  const namesIn = (key: string): string[] | undefined => {
    const list = mcp?.type === 'object' ? valueOf(mcp, key) : undefined
    return list?.type === 'array' ? (list.children ?? []).map(({ value }) => String(value)) : undefined
  }
  if (namesIn('allowed')?.includes(OURS) === false)
    throw new UsageError(`${file}: add "${OURS}" to mcp.allowed first, which lists the only servers that are used.`)
  return namesIn('excluded') ?? []
}

class JsonHostFile implements HostFile {
  readonly moving: readonly string[]
  readonly staying: readonly string[]
  readonly isConnected: boolean
  readonly servers: string
  readonly #text: string
  readonly #key: string
  readonly #object: Node

  constructor(text: string, key: string, object: Node, switchedOff: readonly string[]) {
    this.#text = text
    this.#key = key
    this.#object = object
    this.servers = textOf(text, object)
    const properties = (object.children ?? []).map((property) => ({ name: nameOf(property), property }))
    const others = properties.filter(({ name }) => name !== OURS)
    const stays = ({ name, property }: { readonly name: string; readonly property: Node }) =>
      textOf(text, property).includes(INPUT) || switchedOff.includes(name)
    this.isConnected = others.length < properties.length
    this.staying = others.filter(stays).map(({ name }) => name)
    this.moving = others.filter((each) => !stays(each)).map(({ name }) => name)
  }

  behind(): string {
    const wrapped = `{ "mcpServers": ${this.servers} }\n`
    return this.staying.reduce((text, name) => edited(text, ['mcpServers', name], undefined), wrapped)
  }

  withOurs(entry: GatewayCommand): string {
    const { line, step } = this.#indent()
    const ours = JSON.stringify({ [OURS]: entry }, undefined, step).replaceAll('\n', `\n${line}`)
    const staying = (this.#object.children ?? [])
      .filter((property) => this.staying.includes(nameOf(property)))
      .map((property) => `,\n${line}${' '.repeat(step)}${textOf(this.#text, property)}`)
    return this.#replaced(ours.replace(/\s*\}$/, (end) => staying.join('') + end))
  }

  withoutOurs(servers: string): string {
    const kept = [...this.moving, ...this.staying]
    // Unless servers were added, the object becomes what it was, with its comments.
    if (kept.length === 0) return this.#replaced(servers)
    const ours = (this.#object.children ?? []).find((property) => nameOf(property) === OURS)
    const moved = kept.reduce((text, name) => edited(text, [name], undefined), servers)
    const inner = innerOf(moved)
    const { step } = this.#indent()
    if (ours === undefined || inner === undefined) return edited(this.#text, [this.#key, OURS], undefined, step)
    const { offset, length } = ours
    return this.#text.slice(0, offset) + inner + this.#text.slice(offset + length)
  }

  #replaced(by: string): string {
    const { offset, length } = this.#object
    return this.#text.slice(0, offset) + by + this.#text.slice(offset + length)
  }

  /** Returns the indentation of the line with the servers, and the number of spaces of one level. */
  #indent(): { readonly line: string; readonly step: number } {
    const { offset } = this.#object
    const start = this.#text.lastIndexOf('\n', offset) + 1
    const line = /^[ \t]*/.exec(this.#text.slice(start, offset))?.[0] ?? ''
    return { line, step: line.length === 0 || line.includes('\t') ? 2 : line.length }
  }
}

const edited = (text: string, path: string[], value: unknown, tabSize = 2): string =>
  applyEdits(text, modify(text, path, value, { formattingOptions: { insertSpaces: true, tabSize } }))

const valueOf = (root: Node, key: string): Node | undefined =>
  root.children?.find((property) => property.children?.[0]?.value === key)?.children?.[1]

const textOf = (text: string, { offset, length }: Node): string => text.slice(offset, offset + length)
const nameOf = (property: Node): string => String(property.children?.[0]?.value)

/** Returns the properties of an object as text, with their comments, without a comma at the end. */
function innerOf(object: string): string | undefined {
  const properties = parseTree(object, [], READING)?.children ?? []
  const last = properties.at(-1)
  if (last === undefined) return undefined
  const end = last.offset + last.length
  const after = object
    .slice(end, object.lastIndexOf('}'))
    .replace(/^(\s*),/, '$1')
    .trimEnd()
  const inner = object.slice(object.indexOf('{') + 1, end).trimStart() + after
  // A comment at the end must not hide what follows.
  return /\/\/[^\n]*$/.test(after) ? `${inner}\n` : inner
}
