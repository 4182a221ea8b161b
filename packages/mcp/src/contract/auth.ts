import type { OAuthClientProvider } from '@modelcontextprotocol/client'

/**
 * Keeps the credentials of servers. Values are secret. A key is a text without secrets that names the server, the client
 * and the principal.
 */
export interface TokenStore {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<void>
  delete(key: string): Promise<void>
  /**
   * Runs `work` while no other process does so for the same key, so that a refresh token is used once. Default: only this
   * process is considered.
   */
  exclusive?<Result>(key: string, work: () => Promise<Result>): Promise<Result>
}

/** Options for the authorization of a server with OAuth 2.1. */
export interface McpAuthOptions {
  /** Where credentials are kept. Default: in memory, until the process ends. */
  readonly store?: TokenStore
  /**
   * Shows the page on which the user logs in, for example in a browser. The provider waits until the user is redirected
   * back. Default: a server that requires a login fails with `MCP_UNAUTHORIZED`.
   */
  readonly onLogin?: (url: URL, server: string) => void | Promise<void>
  /**
   * Maximum time for a login in milliseconds. Default: 5 minutes.
   *
   * @default 300_000
   */
  readonly loginTimeoutMs?: number
  /** Scopes to request if the server names none. Default: none. */
  readonly scopes?: readonly string[]
  /** Id of a client that was registered before. Default: the client is registered when it is first needed. */
  readonly clientId?: string
  /** Secret of that client. Default: none; the client is public. */
  readonly clientSecret?: string
  /**
   * `https:` URL of a document that describes the client, for servers that support such ids (Client ID Metadata
   * Documents). Default: none; the client is registered dynamically.
   */
  readonly clientMetadataUrl?: string
  /** Name of the client that the user sees. Default: `Glovebox`. */
  readonly clientName?: string
  /** Port on which this machine receives the redirect. Default: a free port. */
  readonly redirectPort?: number
  /** User to whom the credentials belong, if a store keeps those of several. Default: none. */
  readonly principal?: string
}

/** Authorization of a server: options for OAuth 2.1, or a provider of the MCP SDK for other grants. */
export type McpAuth = McpAuthOptions | OAuthClientProvider
