import { setTimeout as delay } from 'node:timers/promises'
import { Client, SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { fromClient } from './client.ts'
import { McpError, type McpOptions, type McpProvider } from './mcp.ts'

const CONNECT_TIMEOUT_MS = 30_000
/** A server from before version negotiation may never answer the question; it is then taken for one of those. */
const PROBE_TIMEOUT_MS = 5_000
const KEPT_STDERR_CHARACTERS = 2_000
const FAREWELL_MS = 1_000

/** What `mcp` does, with the SDK at hand. */
export async function connect(options: McpOptions): Promise<McpProvider> {
  const { name, signal, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
  const { transport, isProcess, stderr } = transportOf(options)
  signal?.throwIfAborted()
  const client = new Client(
    { name: 'glovebox', version: '0.0.0' },
    { versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(PROBE_TIMEOUT_MS, connectTimeoutMs) } } },
  )
  const deadline = new AbortController()
  const list = async () => {
    await client.connect(transport, { timeout: connectTimeoutMs, signal: deadline.signal })
    return fromClient(client, { name, signal: deadline.signal })
  }
  const connecting = list()
  try {
    const expired = expire(name, connectTimeoutMs, deadline.signal, stderr)
    const provider = await Promise.race([connecting, expired, aborted(signal, deadline.signal)])
    let closing: Promise<void> | undefined
    const close = () => {
      closing ??= disconnect(client, transport)
      return closing
    }
    return { ...provider, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    deadline.abort()
    await transport.close()
    // What was under way may have started a process after that; it is told to end by the signal, and then ended itself.
    const over = Promise.allSettled([connecting]).then(() => client.close())
    if (isProcess) await over
    if (signal?.aborted) throw signal.reason
    if (error instanceof McpError) throw error
    const failed = isProcess ? 'started' : 'reached'
    throw new McpError(
      'MCP_UNAVAILABLE',
      `The MCP server ${name} could not be ${failed}: ${describe(error, options)}${stderr()}`,
      {
        cause: error,
      },
    )
  } finally {
    deadline.abort()
  }
}

interface Connection {
  readonly transport: Transport
  readonly isProcess: boolean
  /** What the server wrote beside the protocol, as the end of a message. */
  stderr(): string
}

function transportOf(options: McpOptions): Connection {
  if ('url' in options && options.url !== undefined) {
    const init = options.headers === undefined ? {} : { requestInit: { headers: { ...options.headers } } }
    const url = new URL(options.url)
    const transport =
      options.transport === 'sse' ? new SSEClientTransport(url, init) : new StreamableHTTPClientTransport(url, init)
    return { transport, isProcess: false, stderr: () => '' }
  }
  if (!('command' in options) || typeof options.command !== 'string' || options.command === '') {
    throw new TypeError(`The MCP server ${options.name} needs a \`command\` or a \`url\``)
  }
  const { command, args = [], env = {}, cwd } = options
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...getDefaultEnvironment(), ...env },
    stderr: 'pipe',
    ...(cwd === undefined ? {} : { cwd }),
  })
  let tail = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-KEPT_STDERR_CHARACTERS)
  })
  return { transport, isProcess: true, stderr: () => (tail.trim() === '' ? '' : `\nIt wrote:\n${tail.trim()}`) }
}

/** A server over HTTP keeps a session until it is told that nobody comes back; whether it listens changes nothing here. */
async function disconnect(client: Client, transport: Transport): Promise<void> {
  if (transport instanceof StreamableHTTPClientTransport) {
    const given = delay(FAREWELL_MS, undefined, { ref: false })
    await Promise.race([Promise.allSettled([transport.terminateSession()]), given])
  }
  await client.close()
}

async function expire(name: string, ms: number, signal: AbortSignal, stderr: () => string): Promise<never> {
  await delay(ms, undefined, { signal })
  throw new McpError('MCP_TIMEOUT', `The MCP server ${name} was not ready within ${ms} ms${stderr()}`)
}

function aborted(signal: AbortSignal | undefined, settled: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true, signal: settled })
  })
}

function describe(error: unknown, options: McpOptions): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as Error & { code?: unknown }
  if (code !== 'ENOENT') return error.message
  const where = 'cwd' in options && options.cwd !== undefined ? `, or no directory ${options.cwd}` : ''
  return `there is no such command${where}; is it installed and on PATH?`
}
