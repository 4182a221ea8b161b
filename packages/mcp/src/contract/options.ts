import type { McpAuth, TokenStore } from './auth.ts'
import type {
  ElicitAnswer,
  ElicitRequest,
  McpEvent,
  Root,
  SampleRequest,
  SampleResult,
  ServerRequest,
} from './events.ts'

interface CommonOptions {
  /** Namespace under which programs find the tools. */
  readonly name: string
  /**
   * Maximum time in milliseconds for starting the server and listing its tools, and for each later reconnection.
   *
   * @default 30_000
   */
  readonly connectTimeoutMs?: number
  /**
   * Maximum time in milliseconds for one call. Each progress notification of the server starts it again. Default: none;
   * the limits of the execution apply.
   */
  readonly callTimeoutMs?: number
  /** Tools to provide, as names in which `*` stands for any characters. Default: all tools. */
  readonly include?: readonly string[]
  /** Tools to leave out, as names in which `*` stands for any characters. Default: none. */
  readonly exclude?: readonly string[]
  /**
   * Where the definitions of tools are kept that were allowed. The tools of the first connection are allowed. Later, a tool
   * that is new, or whose description, schema or annotations have changed, is held back until `provider.allow()` is called. Any store
   * of texts, such as `fileTokenStore()`. Default: tools may change.
   */
  readonly pins?: Pick<TokenStore, 'get' | 'set'>
  /**
   * Receives changes of the connection's state, warnings, log messages and progress. An error that it throws becomes an
   * uncaught exception. Default: none.
   */
  readonly onEvent?: (event: McpEvent) => void
  /** Answers a form or a URL that the server wants the user to see. Default: the server cannot ask. */
  readonly onElicit?: (request: ElicitRequest) => ElicitAnswer | Promise<ElicitAnswer>
  /** Answers a request of the server for a message of a language model. Default: the server cannot ask. */
  readonly onSample?: (request: SampleRequest) => SampleResult | Promise<SampleResult>
  /** Directories that the server may use, or a function that returns them. Default: the server cannot ask for them. */
  readonly roots?: readonly Root[] | ((request: ServerRequest) => readonly Root[] | Promise<readonly Root[]>)
  /**
   * Whether to connect in the background: `mcp` resolves at once, and the tools follow. A connection that fails is tried
   * again after a second, later after up to five minutes, until it succeeds or is closed. One for which a person has to log
   * in is not tried again.
   *
   * @default false
   */
  readonly background?: boolean
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

/** Headers of requests to a server. */
export type McpHeaders = Readonly<Record<string, string>>

/** Options for a server that is reached over HTTP. */
export interface McpHttpOptions extends CommonOptions {
  /** URL of the MCP endpoint. */
  readonly url: string | URL
  /**
   * Request headers, such as `Authorization`, or a function that returns them before each request. Programs cannot read
   * them. Default: none.
   */
  readonly headers?: McpHeaders | (() => McpHeaders | Promise<McpHeaders>)
  /** Authorization with OAuth 2.1. Default: none; a server that requires it fails with `MCP_UNAUTHORIZED`. */
  readonly auth?: McpAuth
  /** Replaces the global `fetch`. Default: the global `fetch`. */
  readonly fetch?: typeof fetch
  /**
   * Transport: `http` is Streamable HTTP, `sse` the transport that it replaced in protocol revision 2025-03-26. Default:
   * `http`, and `sse` if the server does not support it.
   */
  readonly transport?: 'http' | 'sse'
}

/** Options of `mcp()`. */
export type McpOptions = McpStdioOptions | McpHttpOptions
