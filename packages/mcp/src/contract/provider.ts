import type { ToolProvider } from '@glovebox/core'
import type { McpStatus } from './events.ts'
import type { McpRelay } from './relay.ts'

/**
 * Tool provider of a server. A connection that is lost is opened again by the next call. The tools follow those of the
 * server. The caller of `mcp()` closes it.
 */
export interface McpProvider extends ToolProvider, AsyncDisposable {
  /** The server itself, for hosts that pass requests of other clients on to it. */
  readonly relay: McpRelay
  onChange(listener: () => void): () => void
  /** Returns the state of the connection and what is known of the server. */
  status(): McpStatus
  /**
   * Allows tools that are held back because they are new or have changed.
   *
   * @param tools names of the tools. Default: all that are held back
   */
  allow(tools?: readonly string[]): Promise<void>
  /** Closes the connection and ends the server's process, if it has one. Idempotent. */
  close(): Promise<void>
}
