import { setTimeout as delay } from 'node:timers/promises'
import type { ToolProvider } from '@glovebox/core'
import { Client, SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { fromClient } from './client.ts'

interface CommonOptions {
  /** The namespace that programs call. */
  readonly name: string
  /** How long the server may take to start and to list its tools. 30 s unless told otherwise. */
  readonly connectTimeoutMs?: number
  readonly signal?: AbortSignal
}

/** A server that is started as a process and speaks over its standard input and output. */
export interface McpStdioOptions extends CommonOptions {
  readonly command: string
  readonly args?: readonly string[]
  /** Added to the few variables that any program needs; the host's own environment is not passed on. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A server that is reached over HTTP. */
export interface McpHttpOptions extends CommonOptions {
  readonly url: string | URL
  /** Such as `Authorization`. They stay in the host. */
  readonly headers?: Readonly<Record<string, string>>
  /** `sse` is the transport of servers from before 2025. */
  readonly transport?: 'http' | 'sse'
}

export type McpOptions = McpStdioOptions | McpHttpOptions

/** A connected server. Whoever made it closes it. */
export interface McpProvider extends ToolProvider, AsyncDisposable {
  /** Ends the connection, and the process if there is one. Idempotent. */
  close(): Promise<void>
}

export type McpErrorCode = 'MCP_UNAVAILABLE' | 'MCP_TIMEOUT'

/** The server could not be reached, or did not get ready. `cause` is what the SDK said. */
export class McpError extends Error {
  override readonly name = 'McpError'
  readonly code: McpErrorCode

  constructor(code: McpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const CONNECT_TIMEOUT_MS = 30_000
/** A server from before version negotiation may never answer the question; it is then taken for one of those. */
const PROBE_TIMEOUT_MS = 5_000
const KEPT_STDERR_CHARACTERS = 2_000

/**
 * Connects to an MCP server and lists its tools, all pages of them.
 *
 * @throws {@link McpError}; `TypeError` for options that name no server; the signal's reason
 */
export async function mcp(options: McpOptions): Promise<McpProvider> {
  const { name, signal, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
  const { transport, stderr } = transportOf(options)
  const client = new Client(
    { name: 'glovebox', version: '0.0.0' },
    { versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(PROBE_TIMEOUT_MS, connectTimeoutMs) } } },
  )
  const close = () => client.close()
  const deadline = new AbortController()
  try {
    const connecting = async () => {
      await client.connect(transport, { timeout: connectTimeoutMs, signal: deadline.signal })
      return fromClient(client, { name, signal: deadline.signal })
    }
    const provider = await Promise.race([connecting(), expire(name, connectTimeoutMs, deadline.signal, stderr), aborted(signal, deadline.signal)])
    return { ...provider, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    await transport.close()
    if (signal?.aborted) throw signal.reason
    if (error instanceof McpError) throw error
    throw new McpError('MCP_UNAVAILABLE', `The MCP server ${name} could not be started: ${describe(error)}${stderr()}`, { cause: error })
  } finally {
    deadline.abort()
  }
}

function transportOf(options: McpOptions): { transport: Transport; stderr: () => string } {
  if ('url' in options && options.url !== undefined) {
    const init = options.headers === undefined ? {} : { requestInit: { headers: { ...options.headers } } }
    const url = new URL(options.url)
    const transport = options.transport === 'sse' ? new SSEClientTransport(url, init) : new StreamableHTTPClientTransport(url, init)
    return { transport, stderr: () => '' }
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
  return { transport, stderr: () => (tail.trim() === '' ? '' : `\nIt wrote:\n${tail.trim()}`) }
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

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as Error & { code?: unknown }
  if (code === 'ENOENT') return 'there is no such command; is it installed and on PATH?'
  return error.message
}
