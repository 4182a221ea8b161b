import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { cutUrls } from '@glovebox/core/framework'
import type { McpOptions } from '@glovebox/mcp'
import { UsageError } from './exit-codes.ts'

const DEFAULT_FILES = ['mcp.json', '.mcp.json']

/** Entry of `mcpServers` in the configuration file of an MCP host. */
interface ServerEntry {
  readonly command?: unknown
  readonly args?: unknown
  readonly env?: unknown
  readonly cwd?: unknown
  readonly url?: unknown
  readonly headers?: unknown
  readonly type?: unknown
  readonly disabled?: unknown
}

/**
 * Reads the servers of a configuration file. Without a path, it reads `mcp.json` or `.mcp.json` in the working
 * directory, and returns no servers if neither exists.
 *
 * @throws {@link UsageError} if the file cannot be read or is invalid
 */
export async function readConfig(path: string | undefined): Promise<McpOptions[]> {
  const file = path ?? DEFAULT_FILES.find((name) => existsSync(name))
  if (file === undefined) return []
  const servers = (await readJson(file)).mcpServers
  if (!isRecord(servers)) throw new UsageError(`${file} has no "mcpServers" object.`)
  return Object.entries(servers)
    .filter(([, entry]) => !isRecord(entry) || entry.disabled !== true)
    .map(([name, entry]) => parseServer(file, name, entry))
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new UsageError(`Cannot read ${cutUrls(file)}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      cause: error,
    })
  }
  try {
    const parsed: unknown = JSON.parse(text)
    if (isRecord(parsed)) return parsed
  } catch (error) {
    // The parser's message quotes the file, which may contain secrets.
    throw new UsageError(`${file} is not valid JSON${placeOf(error)}.`)
  }
  throw new UsageError(`${file} must hold a JSON object.`)
}

function parseServer(file: string, name: string, entry: unknown): McpOptions {
  const fail = (what: string): never => {
    throw new UsageError(`${file}: the server "${name}" ${what}.`)
  }
  if (!isRecord(entry)) return fail('is not an object')
  const { command, args, env, cwd, url, headers, type } = entry as ServerEntry
  const texts = (key: string, value: unknown): Record<string, string> | undefined => {
    if (value === undefined) return undefined
    if (!isRecord(value) || !Object.values(value).every((item) => typeof item === 'string'))
      return fail(`has a "${key}" that is not an object of strings`)
    return Object.fromEntries(Object.entries(value).map(([item, text]) => [item, expand(text as string, fail)]))
  }
  if (typeof url === 'string') {
    const expanded = expand(url, fail)
    if (!URL.canParse(expanded)) return fail(`has a "url" that is not valid`)
    const given = texts('headers', headers)
    return {
      name,
      url: expanded,
      ...(given === undefined ? {} : { headers: given }),
      ...(type === 'sse' ? { transport: 'sse' } : {}),
    }
  }
  if (typeof command !== 'string' || command === '') return fail('has neither a "command" nor a "url"')
  if (args !== undefined && !(Array.isArray(args) && args.every((item) => typeof item === 'string')))
    return fail('has "args" that are not a list of strings')
  const variables = texts('env', env)
  return {
    name,
    command: expand(command, fail),
    args: ((args ?? []) as string[]).map((item) => expand(item, fail)),
    ...(variables === undefined ? {} : { env: variables }),
    ...(typeof cwd === 'string' ? { cwd: expand(cwd, fail) } : {}),
  }
}

/** Expands `${NAME}` and `${NAME:-default}` from the environment, so that the file need not contain secrets. */
function expand(text: string, fail: (what: string) => never): string {
  return text.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, variable: string, fallback?: string) => {
    return process.env[variable] ?? fallback ?? fail(`needs the environment variable ${variable}, which is not set`)
  })
}

/**
 * Parses `name=command and its arguments` or `name=https://…`. Quotes group words, as in a shell.
 *
 * @throws {@link UsageError} if the name is missing or a quote is not closed
 */
export function parseServerFlag(text: string): McpOptions {
  const [, name = '', rest = ''] = /^([\w.-]+)=(.+)$/s.exec(text.trim()) ?? []
  // Do not quote the text: its arguments or URL may contain tokens.
  if (name === '') throw new UsageError('Cannot read a --server without a name. Write name=command or name=https://…')
  if (/^https?:\/\//.test(rest)) return { name, url: rest }
  const words = splitWords(rest)
  if (words === undefined) throw new UsageError(`Cannot read the server "${name}": a quote is not closed.`)
  const [command = '', ...args] = words
  return { name, command, args }
}

/** A header from the command line. */
export interface HeaderFlag {
  readonly server: string
  readonly name: string
  readonly value: string
}

/**
 * Parses `server=Header: value`.
 *
 * @throws {@link UsageError} without quoting the text, which may contain a token
 */
export function parseHeaderFlag(text: string): HeaderFlag {
  const [, server = '', name = '', value = ''] = /^([\w.-]+)=([\w-]+):\s*(.*)$/s.exec(text.trim()) ?? []
  if (server === '' || value === '') throw new UsageError('Cannot read a --header. Write server=Header: value')
  return { server, name, value }
}

/** Splits text into words, or returns undefined if a quote is not closed. `--root="a b"` is one word. */
function splitWords(text: string): string[] | undefined {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  if (/["']/.test(text.replace(/"[^"]*"|'[^']*'/g, ''))) return undefined
  return words.map((word) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  )
}

/** Returns the position of a JSON error, if the engine reports one. */
function placeOf(error: unknown): string {
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec((error as Error).message) ?? []
  return line === undefined ? '' : `: the error is in line ${line}, column ${column}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
