import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { isRecord } from '@glovebox/core/framework'
import type { McpAuthOptions } from '../contract/auth.ts'
import type { McpOptions } from '../contract/options.ts'
import { NO_TIMEOUT_MS } from '../contract/timeouts.ts'
import { expandPlaceholders, PlaceholderError, type Surroundings } from './placeholders.ts'

type Entry = Readonly<Record<string, unknown>>

const HTTP_TYPES = ['http', 'streamable-http', 'streamableHttp', 'streamable_http', 'remote']
const PROCESS_TYPES = ['stdio', 'local']

/** Whether a host would start a server. */
export function isEnabled({ enabled, disabled, isActive }: Entry): boolean {
  return disabled !== true && enabled !== false && isActive !== false
}

/**
 * Converts the entry of a server, in the spelling of any host, to options.
 *
 * @throws {@link PlaceholderError} that says what is wrong
 */
export async function readEntry(name: string, entry: unknown, around: Surroundings): Promise<McpOptions> {
  if (!isRecord(entry)) throw new PlaceholderError('is not an object')
  const reader = new EntryReader(entry, around)
  const type = reader.text('type') ?? reader.text('transport')
  const isProcess = PROCESS_TYPES.includes(type ?? '')
  if (type !== undefined && type !== 'sse' && !isProcess && !HTTP_TYPES.includes(type))
    throw new PlaceholderError(`has the type "${type}", which is not supported; use stdio, http or sse`)
  const common = { name, ...reader.filters(), ...reader.timeouts() }
  const url = ['httpUrl', 'serverUrl', 'url', 'uri'].find((key) => entry[key] !== undefined)
  if (url !== undefined && !isProcess) {
    const address = await reader.expanded(url)
    if (!URL.canParse(address)) throw new PlaceholderError(`has a "${url}" that is not valid`)
    const headers = await reader.headers()
    const auth = await reader.auth()
    return {
      ...common,
      url: address,
      ...(headers !== undefined && { headers }),
      ...(auth !== undefined && { auth }),
      ...(type === 'sse' && { transport: 'sse' as const }),
      ...(url === 'httpUrl' && { transport: 'http' as const }),
    }
  }
  return { ...common, ...(await reader.process()) }
}

class EntryReader {
  readonly #entry: Entry
  readonly #around: Surroundings

  constructor(entry: Entry, around: Surroundings) {
    this.#entry = entry
    this.#around = around
  }

  text(key: string): string | undefined {
    const value = this.#entry[key]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'string') throw new PlaceholderError(`has a "${key}" that is not a text`)
    return value
  }

  async expanded(key: string): Promise<string> {
    return await expandPlaceholders(this.text(key) ?? '', this.#around)
  }

  async process(): Promise<{ command: string; args: string[]; env?: Record<string, string>; cwd?: string }> {
    const { command: given, args: further } = this.#entry
    // Older versions of Zed nest the command.
    const nested = isRecord(given) ? given : undefined
    const words = nested === undefined ? given : nested.path
    const list = Array.isArray(words) ? words : [words]
    const [command, ...args] = [...list, ...this.#texts('args', nested?.args ?? further)]
    if (typeof command !== 'string' || command === '') throw new PlaceholderError('has neither a "command" nor a "url"')
    if (!args.every((each) => typeof each === 'string'))
      throw new PlaceholderError('has a "command" that is not a list of texts')
    const env = await this.#env(nested)
    const cwd = this.text('cwd')
    return {
      command: await expandPlaceholders(command, this.#around),
      args: await Promise.all(args.map((each) => expandPlaceholders(each as string, this.#around))),
      ...(env !== undefined && { env }),
      ...(cwd !== undefined && { cwd: resolve(this.#around.cwd, await expandPlaceholders(cwd, this.#around)) }),
    }
  }

  async headers(): Promise<Record<string, string> | undefined> {
    const given = await this.#record(this.#entry.headers === undefined ? 'http_headers' : 'headers')
    const fromEnv = await this.#record('env_http_headers')
    const token = this.text('bearer_token_env_var')
    if (given === undefined && fromEnv === undefined && token === undefined) return undefined
    const variables = Object.entries(fromEnv ?? {}).map(([name, variable]) => [name, this.#variable(variable)])
    return {
      ...given,
      ...Object.fromEntries(variables),
      ...(token !== undefined && { Authorization: `Bearer ${this.#variable(token)}` }),
    }
  }

  async auth(): Promise<McpAuthOptions | undefined> {
    const given = this.#entry.auth ?? this.#entry.oauth
    if (!isRecord(given)) return undefined
    const take = async (...keys: string[]) => {
      const value = keys.map((key) => given[key]).find((each) => typeof each === 'string')
      return value === undefined ? undefined : await expandPlaceholders(value as string, this.#around)
    }
    const clientId = await take('clientId', 'client_id', 'CLIENT_ID')
    const clientSecret = await take('clientSecret', 'client_secret', 'CLIENT_SECRET')
    const scope = await take('scope')
    const scopes = Array.isArray(given.scopes) ? given.scopes.map(String) : scope?.split(' ')
    return {
      ...(clientId !== undefined && { clientId }),
      ...(clientSecret !== undefined && { clientSecret }),
      ...(scopes !== undefined && { scopes }),
    }
  }

  filters(): { include?: string[]; exclude?: string[] } {
    const include = this.#list('includeTools', 'enabledTools', 'enabled_tools')
    const exclude = this.#list('excludeTools', 'disabledTools', 'disabled_tools')
    return { ...(include !== undefined && { include }), ...(exclude !== undefined && { exclude }) }
  }

  timeouts(): { connectTimeoutMs?: number; callTimeoutMs?: number } {
    const connectTimeoutMs =
      this.#milliseconds('startup_timeout_ms', 1) ?? this.#milliseconds('startup_timeout_sec', 1_000)
    const callTimeoutMs = this.#milliseconds('tool_timeout_sec', 1_000) ?? this.#milliseconds('timeout', 1)
    return {
      ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
      ...(callTimeoutMs !== undefined && { callTimeoutMs }),
    }
  }

  async #env(nested: Entry | undefined): Promise<Record<string, string> | undefined> {
    const given = await this.#record(this.#entry.env === undefined ? 'environment' : 'env')
    const ofCommand = nested === undefined ? undefined : await this.#record('env', nested)
    const file = this.#entry.envFile === undefined ? undefined : await this.#envFile(await this.expanded('envFile'))
    const passed = this.#list('env_vars')?.map((variable) => [variable, this.#variable(variable)])
    if ([given, ofCommand, file, passed].every((each) => each === undefined)) return undefined
    return { ...file, ...Object.fromEntries(passed ?? []), ...ofCommand, ...given }
  }

  async #envFile(path: string): Promise<Record<string, string>> {
    const file = resolve(this.#around.cwd, path)
    try {
      return parseEnv(readFileSync(file, 'utf8')) as Record<string, string>
    } catch (error) {
      throw new PlaceholderError(
        `needs the file ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code})`,
      )
    }
  }

  async #record(key: string, entry: Entry = this.#entry): Promise<Record<string, string> | undefined> {
    const given = entry[key]
    if (given === undefined || given === null) return undefined
    if (!isRecord(given) || !Object.values(given).every(isScalar))
      throw new PlaceholderError(`has a "${key}" that is not an object of texts`)
    const entries = Object.entries(given).map(
      async ([name, value]) => [name, await expandPlaceholders(String(value), this.#around)] as const,
    )
    return Object.fromEntries(await Promise.all(entries))
  }

  #list(...keys: string[]): string[] | undefined {
    const key = keys.find((each) => this.#entry[each] !== undefined)
    return key === undefined ? undefined : this.#texts(key, this.#entry[key])
  }

  #texts(key: string, value: unknown): string[] {
    if (value === undefined || value === null) return []
    if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
      throw new PlaceholderError(`has "${key}" that are not a list of texts`)
    return value
  }

  #milliseconds(key: string, unitMs: number): number | undefined {
    const value = this.#entry[key]
    if (value === undefined || value === null) return undefined
    if (typeof value !== 'number' || !(value > 0))
      throw new PlaceholderError(`has a "${key}" that is not a number above 0`)
    return Math.min(value * unitMs, NO_TIMEOUT_MS)
  }

  #variable(name: string): string {
    const value = this.#around.env[name]
    if (value === undefined) throw new PlaceholderError(`needs the environment variable ${name}, which is not set`)
    return value
  }
}

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)
