import { isDeepStrictEqual } from 'node:util'
import { parse, TomlError } from 'smol-toml'
import { UsageError } from '../exit-codes.ts'
import { type GatewayCommand, type HostFile, OURS } from './host-file.ts'

type Table = Readonly<Record<string, unknown>>

/** A table of a file: the line of its name, what follows, and the comments just before. */
interface Section {
  readonly path: readonly string[]
  readonly text: string
}

/**
 * Reads the servers in the text of a TOML file that has each as a table, such as `[mcp_servers.github]`.
 *
 * @param key table with the servers
 * @throws {@link UsageError} for a file that is not TOML, or has the servers in another form
 */
export function readTomlHostFile(file: string, text: string, key: string): HostFile | undefined {
  const servers = parsed(file, text)[key]
  if (servers === undefined) return undefined
  const host = new TomlHostFile(file, text, key)
  if (typeof servers === 'object' && isDeepStrictEqual(host.names.sort(), Object.keys(servers as object).sort()))
    return host
  throw new UsageError(`${file}: write each server as a table, such as [${key}.github], first.`)
}

class TomlHostFile implements HostFile {
  readonly staying = []
  readonly #file: string
  readonly #key: string
  readonly #text: string
  readonly #sections: readonly Section[]

  constructor(file: string, text: string, key: string) {
    this.#file = file
    this.#text = text
    this.#key = key
    this.#sections = sectionsOf(text)
  }

  get names(): string[] {
    return [...new Set(this.#sections.flatMap((section) => (this.#isServer(section) ? section.path.slice(1, 2) : [])))]
  }

  get moving(): readonly string[] {
    return this.names.filter((name) => name !== OURS)
  }

  get isConnected(): boolean {
    return this.names.includes(OURS)
  }

  get servers(): string {
    return textOf(this.#sections.filter((section) => this.#isServer(section)))
  }

  behind(): string {
    return this.servers
  }

  withOurs({ command, args }: GatewayCommand): string {
    const ours = `[${this.#key}.${OURS}]\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(args)}\n`
    const first = this.#sections.findIndex((section) => this.#isServer(section))
    const before = this.#sections.slice(0, first)
    const after = this.#sections.slice(first).filter((section) => !this.#isServer(section))
    const text = textOf(before) + ours + (after.length > 0 ? '\n' : '') + textOf(after)
    return this.#checked(text, { [OURS]: { command, args } })
  }

  withoutOurs(servers: string): string {
    const added = this.moving
    const moved = sectionsOf(servers).filter(({ path }) => !added.includes(path[1] ?? ''))
    const isOurs = (section: Section) => this.#isServer(section) && section.path[1] === OURS
    const first = this.#sections.findIndex(isOurs)
    const before = this.#sections.slice(0, first)
    const after = this.#sections.slice(first).filter((section) => !isOurs(section))
    const own = this.#tables(this.#text)
    const { [OURS]: _, ...kept } = own
    return this.#checked(textOf(before) + ended(textOf(moved)) + textOf(after), { ...this.#tables(servers), ...kept })
  }

  #isServer({ path }: Section): boolean {
    return path[0] === this.#key && path.length > 1
  }

  #tables(text: string): Table {
    return (parsed(this.#file, text)[this.#key] ?? {}) as Table
  }

  /** Returns a text if it has exactly these servers, and all else as it was. */
  #checked(text: string, servers: Table): string {
    const expected = { ...parsed(this.#file, this.#text), [this.#key]: servers }
    if (isDeepStrictEqual(plain(parsed(this.#file, text)), plain(expected))) return text
    throw new UsageError(`${this.#file} cannot be changed without touching other parts: move its servers by hand.`)
  }
}

/** Cuts a text into its tables. The first section is what stands before them. */
function sectionsOf(text: string): Section[] {
  const sections: Section[] = []
  let path: readonly string[] = []
  let current = ''
  let comments = ''
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const next = pathIn(line)
    // A line within a value of several lines may look like the name of a table.
    if (next !== undefined && isToml(textOf(sections) + current)) {
      sections.push({ path, text: current })
      path = next
      current = comments + line
      comments = ''
    } else if (/^\s*#/.test(line)) comments += line
    else {
      current += comments + line
      comments = ''
    }
  }
  return [...sections, { path, text: current + comments }]
}

/** Returns the name of the table that begins in a line. */
function pathIn(line: string): readonly string[] | undefined {
  if (!/^\s*\[/.test(line) || !isToml(line)) return undefined
  const path: string[] = []
  for (let table: unknown = parse(line); typeof table === 'object' && table !== null; ) {
    const [name] = Object.keys(table)
    if (name === undefined) break
    if (!Array.isArray(table)) path.push(name)
    table = (table as Table)[name]
  }
  return path
}

function isToml(text: string): boolean {
  try {
    parse(text)
    return true
  } catch (error) {
    if (error instanceof TomlError) return false
    throw error
  }
}

function parsed(file: string, text: string): Table {
  try {
    return parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new UsageError(`${file} is not valid TOML: correct it first.`, { cause: error })
  }
}

const plain = (table: Table): unknown => JSON.parse(JSON.stringify(table))
const textOf = (sections: readonly Section[]): string => sections.map(({ text }) => text).join('')
const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
