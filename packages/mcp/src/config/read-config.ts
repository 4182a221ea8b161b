import { readFile } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { cutUrls, isRecord } from '@glovebox/core/framework'
import { type ParseError, parse as parseJsonc } from 'jsonc-parser'
import { parse as parseToml, TomlError } from 'smol-toml'
import { type ConfiguredServer, McpConfigError, type ReadConfigOptions } from './config.ts'
import { type McpInput, PlaceholderError, type Surroundings } from './placeholders.ts'
import { isEnabled, readEntry } from './server-entry.ts'

/** Implements `readMcpConfig()`. */
export async function readConfig(file: string, options: ReadConfigOptions = {}): Promise<readonly ConfiguredServer[]> {
  const shown = cutUrls(file)
  const content = parseFile(shown, options.text ?? (await readText(file, shown)))
  const { cwd = process.cwd(), env = process.env } = options
  const found = serversIn(content, cwd) ?? noServers(shown)
  const around: Surroundings = {
    env,
    cwd,
    inputs: inputsIn(content),
    ask: options.ask === undefined ? undefined : askOnce(options.ask),
    hasBareNames: resolve(file).split(sep).includes('.gemini'),
  }
  return await Promise.all(
    Object.entries(found.servers).map(async ([name, entry]): Promise<ConfiguredServer> => {
      if (!isOn(name, entry, found)) return { name, isEnabled: false }
      try {
        return { name, isEnabled: true, options: await readEntry(name, entry, around) }
      } catch (error) {
        if (!(error instanceof PlaceholderError)) throw error
        return { name, isEnabled: true, error: new McpConfigError(`${shown}: the server "${name}" ${error.message}.`) }
      }
    }),
  )
}

/** Implements `readMcpServers()`. */
export async function readEntries(
  file: string,
  { cwd = process.cwd(), text }: Pick<ReadConfigOptions, 'cwd' | 'text'> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const shown = cutUrls(file)
  const found = serversIn(parseFile(shown, text ?? (await readText(file, shown))), cwd)
  if (found === undefined) return {}
  return Object.fromEntries(Object.entries(found.servers).filter(([name, entry]) => isOn(name, entry, found)))
}

function isOn(name: string, entry: unknown, { allowed, excluded }: Servers): boolean {
  return (
    (!isRecord(entry) || isEnabled(entry)) && allowed?.includes(name) !== false && excluded?.includes(name) !== true
  )
}

async function readText(file: string, shown: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new McpConfigError(`Cannot read ${shown}: ${code ?? String(error)}`, { cause: error })
  }
}

/** The messages of the parsers are not shown, because they quote the file, which may contain secrets. */
function parseFile(file: string, text: string): Record<string, unknown> {
  if (file.endsWith('.toml')) {
    try {
      return parseToml(text)
    } catch (error) {
      if (!(error instanceof TomlError)) throw error
      throw new McpConfigError(`${file} is not valid TOML: the error is in line ${error.line}, column ${error.column}.`)
    }
  }
  const errors: ParseError[] = []
  const parsed: unknown = parseJsonc(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first !== undefined) {
    const before = text.slice(0, first.offset).split('\n')
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
    throw new McpConfigError(`${file} is not valid JSON: the error is in ${place}.`)
  }
  if (isRecord(parsed)) return parsed
  throw new McpConfigError(`${file} must hold a JSON object.`)
}

interface Servers {
  readonly servers: Record<string, unknown>
  /** Names of the only servers that are switched on. */
  readonly allowed?: readonly unknown[]
  /** Names of servers that are switched off. */
  readonly excluded?: readonly unknown[]
}

/** Finds the servers where hosts keep them. Undefined if there are none. */
function serversIn(content: Record<string, unknown>, cwd: string): Servers | undefined {
  const { mcp, projects } = content
  // Gemini CLI switches servers on and off beside their list; OpenCode and VS Code keep the list there.
  const beside = isRecord(mcp) ? mcp : {}
  const lists = {
    ...(Array.isArray(beside.allowed) && { allowed: beside.allowed }),
    ...(Array.isArray(beside.excluded) && { excluded: beside.excluded }),
  }
  // Claude Code keeps the servers of one user for one project in the same file.
  const project = isRecord(projects) && isRecord(projects[cwd]) ? projects[cwd] : undefined
  const ofProject = isRecord(project?.mcpServers) ? project.mcpServers : {}
  if (isRecord(project) && Array.isArray(project.disabledMcpServers))
    return { servers: { ...asRecord(content.mcpServers), ...ofProject }, excluded: project.disabledMcpServers }
  for (const key of ['mcpServers', 'mcp_servers', 'context_servers', 'servers'] as const) {
    if (isRecord(content[key])) return { servers: { ...content[key], ...ofProject }, ...lists }
  }
  if (isRecord(beside.servers)) return { servers: beside.servers, ...lists }
  if (project !== undefined) return { servers: ofProject }
  if (isRecord(mcp)) return { servers: Object.fromEntries(Object.entries(mcp).filter(([, entry]) => isRecord(entry))) }
  return undefined
}

function noServers(file: string): never {
  throw new McpConfigError(`${file} has no "mcpServers" object.`)
}

const asRecord = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

function inputsIn({ inputs, mcp }: Record<string, unknown>): Map<string, McpInput> {
  const listed = Array.isArray(inputs) ? inputs : isRecord(mcp) && Array.isArray(mcp.inputs) ? mcp.inputs : []
  const read = listed.filter(isRecord).flatMap((input): McpInput[] => {
    const { id, description, password, options, default: given } = input
    if (typeof id !== 'string') return []
    return [
      {
        id,
        description: typeof description === 'string' ? description : id,
        isSecret: password === true,
        ...(Array.isArray(options) && { options: options.map((each) => String(isRecord(each) ? each.value : each)) }),
        ...(typeof given === 'string' && { default: given }),
      },
    ]
  })
  return new Map(read.map((input) => [input.id, input]))
}

/** Asks for each input once, one after the other. */
function askOnce(ask: (input: McpInput) => Promise<string>): (input: McpInput) => Promise<string> {
  const answers = new Map<string, Promise<string>>()
  let last: Promise<unknown> = Promise.resolve()
  return (input) => {
    const known = answers.get(input.id)
    if (known !== undefined) return known
    const answer = last.then(() => ask(input))
    last = answer.catch(() => {})
    answers.set(input.id, answer)
    return answer
  }
}
