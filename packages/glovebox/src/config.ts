import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { cutUrls } from '@glovebox/core/framework'
import type { McpOptions } from '@glovebox/mcp'
import { UsageError } from './exit-codes.ts'

const DEFAULT_FILES = ['mcp.json', '.mcp.json']

/** A server as the configuration files of MCP hosts have it, under `mcpServers`. */
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
 * The servers of a configuration file. Without a path, of `mcp.json` or `.mcp.json` here, or none if there is neither.
 *
 * @throws {@link UsageError}
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
    // Its message quotes the file, which may hold secrets.
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
      return fail(`has a "${key}" that is no object of strings`)
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
    return fail('has "args" that are no list of strings')
  const variables = texts('env', env)
  return {
    name,
    command: expand(command, fail),
    args: ((args ?? []) as string[]).map((item) => expand(item, fail)),
    ...(variables === undefined ? {} : { env: variables }),
    ...(typeof cwd === 'string' ? { cwd: expand(cwd, fail) } : {}),
  }
}

/** `${NAME}` and `${NAME:-default}`, so that secrets stay out of the file. */
function expand(text: string, fail: (what: string) => never): string {
  return text.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, variable: string, fallback?: string) => {
    return process.env[variable] ?? fallback ?? fail(`needs the environment variable ${variable}, which is not set`)
  })
}

/**
 * Reads `name=command and its arguments` or `name=https://…`. Quotes group words, as in a shell.
 *
 * @throws {@link UsageError}
 */
export function parseServerFlag(text: string): McpOptions {
  const [, name = '', rest = ''] = /^([\w.-]+)=(.+)$/s.exec(text.trim()) ?? []
  // The text may hold tokens, as arguments or in a URL.
  if (name === '') throw new UsageError('Cannot read a --server without a name. Write name=command or name=https://…')
  if (/^https?:\/\//.test(rest)) return { name, url: rest }
  const words = splitWords(rest)
  if (words === undefined) throw new UsageError(`Cannot read the server "${name}": a quote is not closed.`)
  const [command = '', ...args] = words
  return { name, command, args }
}

/** Undefined for a quote without an end. A quoted part belongs to the word it stands in: `--root="a b"` is one. */
function splitWords(text: string): string[] | undefined {
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  if (/["']/.test(text.replace(/"[^"]*"|'[^']*'/g, ''))) return undefined
  return words.map((word) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  )
}

/** Where JSON is wrong, as far as the engine tells. */
function placeOf(error: unknown): string {
  const [, line, column] = /\(line (\d+) column (\d+)\)/.exec((error as Error).message) ?? []
  return line === undefined ? '' : `: the error is in line ${line}, column ${column}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
