import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { redactSecrets } from '@glovebox/core'
import { type ConfiguredServer, fileTokenStore, type McpOptions, readMcpConfig, readMcpServers } from '@glovebox/mcp'
import { dataFile } from './data-folder.ts'
import { UsageError } from './exit-codes.ts'
import { type Profile, serversOf } from './profiles.ts'
import { type Reporter, safe } from './reporter.ts'
import { type HeaderFlag, parseHeaderFlag, parseServerFlag } from './server-flags.ts'
import { askOnTerminal, hasTerminal } from './terminal.ts'

/** Options that select MCP servers. */
export interface ServerOptions {
  readonly config?: string
  readonly server?: readonly string[]
  readonly header?: readonly string[]
  readonly trust?: boolean
  /** Profile that the user named. */
  readonly chosen?: Profile
  /** Whether one server that fails is an error, because a run that is resumed may need it. Default: false. */
  readonly needsEveryServer?: boolean
}

const DEFAULT_FILES = ['mcp.json', '.mcp.json']

/** Returns the configuration that the options select, if there is one. */
export const configurationOf = ({ config, server = [] }: ServerOptions): string | undefined =>
  // Servers on the command line replace the default configuration, but add to an explicit one.
  config ?? (server.length > 0 ? undefined : DEFAULT_FILES.find((name) => existsSync(name)))

/**
 * Returns the servers from the options and the configuration. Reports those that cannot be used.
 *
 * @throws {@link UsageError} for invalid options, or a file of the project that the user has not confirmed
 */
export async function selectServers(
  options: ServerOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<McpOptions[]> {
  const { config, server = [], header = [], trust = false, chosen = {} } = options
  const flagged = server.map(parseServerFlag)
  const file = configurationOf(options)
  // A file that the user names is the user's choice. One that is found may come with a project.
  const text = config === undefined && file !== undefined ? await confirm(file, trust, signal) : undefined
  const read = file === undefined ? [] : await readServers(file, text, signal)
  const usable = read.flatMap(({ options }) => options ?? [])
  const broken = read.filter(({ error }) => error !== undefined)
  for (const { error } of broken) reporter.warning(error?.message ?? '')
  if (broken.length > 0 && usable.length === 0) throw new UsageError(`${file}: no server can be used.`)
  const all = withHeaders([...usable, ...flagged], header.map(parseHeaderFlag))
  refuseDuplicates(all)
  const selected = serversOf(chosen, all)
  if (selected.length === 0 && all.length > 0)
    throw new UsageError(`The profile chooses none of the servers ${all.map(({ name }) => name).join(', ')}.`)
  return selected.map((each) => withLogin(each, reporter))
}

async function readServers(
  file: string,
  text: string | undefined,
  signal: AbortSignal,
): Promise<readonly ConfiguredServer[]> {
  try {
    return await readMcpConfig(file, {
      ...(text !== undefined && { text }),
      ...(hasTerminal() && {
        ask: ({ description, isSecret, options }) =>
          askOnTerminal(
            `${safe(description)}${options === undefined ? '' : ` (${options.join(', ')})`}: `,
            signal,
            isSecret,
          ),
      }),
    })
  } catch (error) {
    signal.throwIfAborted()
    throw new UsageError((error as Error).message, { cause: error })
  }
}

/** Keeps the user's logins, and shows the page of a new one on a terminal. */
function withLogin(options: McpOptions, reporter: Reporter): McpOptions {
  if (!('url' in options) || options.url === undefined) return options
  if (Object.keys(options.headers ?? {}).some((name) => name.toLowerCase() === 'authorization')) return options
  return {
    ...options,
    auth: {
      ...options.auth,
      store: fileTokenStore(dataFile('tokens.json')),
      ...(hasTerminal() && { onLogin: (url: URL, server: string) => showLogin(url, server, reporter) }),
    },
  }
}

/** Opens the page of a login in the user's browser, and prints its address, since there may be no browser here. */
export async function showLogin(url: URL, server: string, reporter: Reporter): Promise<void> {
  reporter.progress(`Log in to ${safe(server)} in your browser:\n  ${url}`)
  const { default: open } = await import('open')
  const child = await open(String(url)).catch(() => undefined)
  child?.on('error', () => {})
}

/**
 * Asks whether the servers of a file may be started, unless the user has agreed to exactly this file before. Resolves to
 * the text that was confirmed. Nothing in it is expanded before.
 *
 * @throws {@link UsageError} if the user refuses, or cannot be asked
 */
async function confirm(file: string, isTrusted: boolean, signal: AbortSignal): Promise<string> {
  const path = resolve(file)
  const text = await readFile(path, 'utf8')
  const digest = createHash('sha256').update(text).digest('hex')
  const trusted = await readTrusted()
  if (trusted[path] === digest) return text
  if (!isTrusted) {
    const asks = `${file} is not confirmed yet. It starts or reaches these servers:\n${await describeServers(file, text)}`
    if (!hasTerminal()) throw new UsageError(`${asks}\nConfirm it with --trust.`)
    process.stderr.write(`${asks}\n`)
    const answer = (await askOnTerminal('Do you trust this file? [y]es, [n]o: ', signal)).trim().toLowerCase()
    if (answer !== 'y' && answer !== 'yes') throw new UsageError(`${file} is not confirmed.`)
  }
  await mkdir(dirname(TRUSTED), { recursive: true, mode: 0o700 })
  await writeFile(TRUSTED, JSON.stringify({ ...trusted, [path]: digest }, undefined, 2), { mode: 0o600 })
  return text
}

/** Describes the servers of a file as they stand there: with placeholders, and without values that may be secret. */
async function describeServers(file: string, text: string): Promise<string> {
  const entries = await readMcpServers(file, { text }).catch((error: unknown) => {
    throw new UsageError((error as Error).message, { cause: error })
  })
  return Object.entries(entries)
    .map(([name, entry]) => `  ${safe(name)}: ${safe(redactSecrets(JSON.stringify(entry, hideSecrets)))}`)
    .join('\n')
}

const SECRET_NAME = /key|token|secret|pass|pwd|auth|cred/i

const hideSecrets = (name: string, value: unknown): unknown =>
  typeof value === 'string' && SECRET_NAME.test(name) && !/^\$?\{[^}]*\}$/.test(value) ? '[hidden]' : value

const TRUSTED = dataFile('trusted.json')

async function readTrusted(): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(TRUSTED, 'utf8')) as Record<string, string>
  } catch (error) {
    // A damaged file trusts nothing.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}

/** Adds the headers from the command line to the servers that they name. */
function withHeaders(servers: readonly McpOptions[], headers: readonly HeaderFlag[]): McpOptions[] {
  const unknown = headers.find(({ server }) => !servers.some(({ name }) => name === server))
  if (unknown !== undefined) throw new UsageError(`There is no server "${unknown.server}" for a --header.`)
  return servers.map((server) => {
    const own = headers.filter((header) => header.server === server.name)
    if (own.length === 0) return server
    if (!('url' in server) || server.url === undefined)
      throw new UsageError(`The server "${server.name}" runs as a command, so it takes no --header.`)
    const added = Object.fromEntries(own.map(({ name, value }) => [name, value]))
    return { ...server, headers: { ...server.headers, ...added } }
  })
}

function refuseDuplicates(servers: readonly McpOptions[]): void {
  const names = new Set<string>()
  for (const { name } of servers) {
    if (names.has(name)) throw new UsageError(`Two servers are called "${name}".`)
    names.add(name)
  }
}
