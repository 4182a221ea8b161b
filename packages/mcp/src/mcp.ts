import type { ToolProvider } from '@glovebox/core'

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

/**
 * The server could not be reached, or did not get ready. `cause` has the name, the code and the message of the SDK's error.
 * Neither has more of a URL than scheme, host and port, nor a header, an argument or a variable that the options gave.
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
 * Connects to an MCP server and lists its tools, all pages of them. When this rejects, no process is left.
 *
 * @throws {@link McpError}; `TypeError` for options that name no server; the signal's reason
 */
export async function mcp(options: McpOptions): Promise<McpProvider> {
  // The SDK takes a fifth of a second to load: a host without servers does without it.
  const { connect } = await import('./connect.ts')
  return await connect(options)
}
