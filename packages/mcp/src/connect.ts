import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { assertKnownOptions } from '@glovebox/core/framework'
import { Client, SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { fromClient } from './client.ts'
import { McpError } from './error.ts'
import type { McpHttpOptions, McpOptions, McpStdioOptions } from './options.ts'
import { endWithDescendants, SERVER_ID } from './process-tree.ts'
import type { McpProvider } from './provider.ts'
import { ServerSecrets } from './secrets.ts'

const COMMON_OPTIONS: readonly string[] = ['name', 'connectTimeoutMs', 'signal']
/** `url` is allowed, but undefined. */
const STDIO_OPTIONS = ['command', 'args', 'env', 'cwd', 'url', ...COMMON_OPTIONS]
const HTTP_OPTIONS = ['url', 'headers', 'transport', 'command', ...COMMON_OPTIONS]
const CONNECT_TIMEOUT_MS = 30_000
/** Timeout of the version probe, which servers without version negotiation may never answer. */
const PROBE_TIMEOUT_MS = 5_000
const KEPT_STDERR_CHARACTERS = 2_000
const FAREWELL_MS = 1_000
const SLOW_START_HINT =
  '. Run its command in a terminal: the first start may install packages. Pass the environment variables that it needs as `env`.'

/** Implements `mcp()`. A separate module, so that the SDK is loaded only when it is needed. */
export async function connect(options: McpOptions): Promise<McpProvider> {
  const { name, signal, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
  const { transport, end, isProcess, stderr, secrets } = transportOf(options)
  signal?.throwIfAborted()
  const client = new Client(
    { name: 'glovebox', version: '0.0.0' },
    { versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(PROBE_TIMEOUT_MS, connectTimeoutMs) } } },
  )
  const deadline = new AbortController()
  const list = async () => {
    await client.connect(transport, { timeout: connectTimeoutMs, signal: deadline.signal })
    const provider = await fromClient(client, { name, signal: deadline.signal })
    return { ...provider, tools: provider.tools.map((tool) => secrets.guard(tool)) }
  }
  const connecting = list()
  try {
    const hint = isProcess ? SLOW_START_HINT : ''
    const expired = expire(name, connectTimeoutMs, deadline.signal, () => `${hint}${stderr()}`)
    const provider = await Promise.race([connecting, expired, aborted(signal, deadline.signal)])
    let closing: Promise<void> | undefined
    const close = () => {
      closing ??= end(() => disconnect(client, transport))
      return closing
    }
    return { ...provider, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    deadline.abort()
    await end(async () => {
      await transport.close()
      // A connection attempt may start a process after the transport was closed. Wait for it, and close it as well.
      const over = Promise.allSettled([connecting]).then(() => client.close())
      if (isProcess) await over
    })
    if (signal?.aborted) throw signal.reason
    if (error instanceof McpError) throw error
    const failed = isProcess ? 'started' : 'reached'
    throw new McpError(
      'MCP_UNAVAILABLE',
      `The MCP server ${name} could not be ${failed}: ${describe(error, options, secrets)}${stderr()}`,
      error instanceof Error ? { cause: secrets.copyOf(error) } : {},
    )
  } finally {
    deadline.abort()
  }
}

interface Connection {
  readonly transport: Transport
  readonly isProcess: boolean
  /** Calls `close`, then ends the remaining processes of the server. */
  end(close: () => Promise<void>): Promise<void>
  /** Returns the end of the server's standard error, formatted for the end of an error message. */
  stderr(): string
  readonly secrets: ServerSecrets
}

function transportOf(options: McpOptions): Connection {
  const given: Partial<McpStdioOptions & McpHttpOptions> = options
  if (typeof given.name !== 'string' || given.name === '') throw new TypeError('An MCP server needs a `name`')
  if (given.command !== undefined && given.url !== undefined) {
    throw new TypeError(`The MCP server ${given.name} has both a \`command\` and a \`url\`; give only one of them`)
  }
  if ('url' in options && options.url !== undefined) {
    assertKnownOptions('mcp()', options, HTTP_OPTIONS)
    const init = options.headers === undefined ? {} : { requestInit: { headers: { ...options.headers } } }
    // The error of the URL parser contains the whole URL.
    if (!URL.canParse(String(options.url)))
      throw new TypeError(`The MCP server ${given.name} has a \`url\` that is not valid`)
    const url = new URL(options.url)
    const transport =
      options.transport === 'sse' ? new SSEClientTransport(url, init) : new StreamableHTTPClientTransport(url, init)
    const secrets = new ServerSecrets(options)
    return { transport, isProcess: false, end: (close) => close(), stderr: () => '', secrets }
  }
  if (!('command' in options) || typeof options.command !== 'string' || options.command === '') {
    throw new TypeError(`The MCP server ${options.name} needs a \`command\` or a \`url\``)
  }
  assertKnownOptions('mcp()', options, STDIO_OPTIONS)
  const { command, args = [], env = {}, cwd } = options
  const id = randomUUID()
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...getDefaultEnvironment(), ...env, [SERVER_ID]: id },
    stderr: 'pipe',
    ...(cwd === undefined ? {} : { cwd }),
  })
  const secrets = new ServerSecrets(options)
  const decoder = new TextDecoder()
  let tail = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-(KEPT_STDERR_CHARACTERS + secrets.longest + 1))
  })
  return {
    transport,
    isProcess: true,
    end: (close) => endWithDescendants(transport.pid, id, close),
    stderr: () => {
      const hidden = secrets.hideInTail(tail, KEPT_STDERR_CHARACTERS)
      const written = (tail.length > KEPT_STDERR_CHARACTERS ? withoutCutLine(hidden) : hidden).trim()
      return written === '' ? '' : `\nIt wrote:\n${written}`
    },
    secrets,
  }
}

/** Removes the first line, or the first word of a single line: it was cut and may begin with part of a secret. */
function withoutCutLine(text: string): string {
  const [cut = ''] = /^[^\n]*\n/.exec(text) ?? /^\S*/.exec(text) ?? []
  return text.slice(cut.length)
}

/** Ends the session of an HTTP server, then closes the client. A failure to end the session is ignored. */
async function disconnect(client: Client, transport: Transport): Promise<void> {
  if (transport instanceof StreamableHTTPClientTransport) {
    const given = delay(FAREWELL_MS, undefined, { ref: false })
    await Promise.race([Promise.allSettled([transport.terminateSession()]), given])
  }
  await client.close()
}

async function expire(name: string, ms: number, signal: AbortSignal, details: () => string): Promise<never> {
  await delay(ms, undefined, { signal })
  throw new McpError('MCP_TIMEOUT', `The MCP server ${name} was not ready within ${ms} ms${details()}`)
}

function aborted(signal: AbortSignal | undefined, settled: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true, signal: settled })
  })
}

function describe(error: unknown, options: McpOptions, secrets: ServerSecrets): string {
  if (!(error instanceof Error)) return secrets.hide(String(error))
  const { code } = error as Error & { code?: unknown }
  if (code === 'ENOENT' && 'command' in options) {
    const where = options.cwd === undefined ? '' : `, or no directory ${options.cwd}`
    return `there is no command ${secrets.hide(options.command)}${where}; is it installed and on PATH?`
  }
  const cause = causeOf(error)
  // The other parts of the URL may be secret.
  const { protocol, host } = 'url' in options ? new URL(options.url) : { protocol: '', host: '' }
  const address = protocol === '' ? '' : `, at ${protocol}//${host}`
  return `${secrets.copyOf(error).message}${cause === undefined ? '' : ` (${cause})`}${address}`
}

/** Returns the code of the network error, which is nested in `cause`. */
function causeOf(error: Error): string | undefined {
  for (let inner: unknown = error.cause; inner instanceof Error; inner = inner.cause) {
    const { code } = inner as { code?: unknown }
    if (typeof code === 'string') return code
  }
  return undefined
}
