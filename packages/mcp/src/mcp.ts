import type { ToolProvider } from '@glovebox/core'

interface CommonOptions {
  /** Namespace under which programs find the tools. */
  readonly name: string
  /**
   * Maximum time in milliseconds for starting the server and listing its tools. Default: 30 seconds.
   *
   * @default 30_000
   */
  readonly connectTimeoutMs?: number
  /** Aborts the connection attempt. It has no effect once `mcp` has resolved. */
  readonly signal?: AbortSignal
}

/** Options for a server that is started as a process and communicates over stdio. */
export interface McpStdioOptions extends CommonOptions {
  /** Executable to start, without a shell. */
  readonly command: string
  /** Arguments of the command. Default: none. */
  readonly args?: readonly string[]
  /**
   * Environment variables for the server, in addition to the few that any program needs, such as `PATH`. The other
   * variables of the host are not passed on. Default: none.
   */
  readonly env?: Readonly<Record<string, string>>
  /** Working directory of the server. Default: that of the host. */
  readonly cwd?: string
}

/** Options for a server that is reached over HTTP. */
export interface McpHttpOptions extends CommonOptions {
  /** URL of the MCP endpoint. */
  readonly url: string | URL
  /** Request headers, such as `Authorization`. Programs cannot read them. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Transport: `http` is Streamable HTTP, `sse` the transport that it replaced in protocol revision 2025-03-26.
   *
   * @default 'http'
   */
  readonly transport?: 'http' | 'sse'
}

/** Options of {@link mcp}. */
export type McpOptions = McpStdioOptions | McpHttpOptions

/** Tool provider of a connected server. The caller of {@link mcp} closes it. */
export interface McpProvider extends ToolProvider, AsyncDisposable {
  /** Closes the connection and ends the server's process, if it has one. Idempotent. */
  close(): Promise<void>
}

/** Codes of {@link McpError}. */
export type McpErrorCode = 'MCP_UNAVAILABLE' | 'MCP_TIMEOUT'

/**
 * Error for a server that cannot be started or reached, or is not ready in time. `cause` is a copy of the SDK's error
 * with its name, code and message. The messages contain neither the headers, arguments and environment variables from
 * the options nor any part of a URL other than scheme, host and port.
 */
export class McpError extends Error {
  override readonly name = 'McpError'
  readonly code: McpErrorCode

  constructor(code: McpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Connects to an MCP server and lists all its tools. If it rejects, no process of the server is left running.
 *
 * @throws {@link McpError} if the connection fails, `TypeError` for invalid options, or the signal's reason
 */
export async function mcp(options: McpOptions): Promise<McpProvider> {
  // The SDK takes a fifth of a second to load, which hosts without servers avoid.
  const { connect } = await import('./connect.ts')
  return await connect(options)
}
