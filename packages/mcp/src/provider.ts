import type { ToolProvider } from '@glovebox/core'

/** Tool provider of a connected server. The caller of `mcp()` closes it. */
export interface McpProvider extends ToolProvider, AsyncDisposable {
  /** Closes the connection and ends the server's process, if it has one. Idempotent. */
  close(): Promise<void>
}
