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

/** Options of `mcp()`. */
export type McpOptions = McpStdioOptions | McpHttpOptions
