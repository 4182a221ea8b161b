import type { McpOptions } from './contract/options.ts'
import type { McpProvider } from './contract/provider.ts'

/**
 * Connects to an MCP server and lists all its tools. If it rejects, no process of the server is left running. A connection
 * that is lost later is opened again by the next call.
 *
 * @throws `McpError` if the connection fails, `TypeError` for invalid options, or the signal's reason
 */
export async function mcp(options: McpOptions): Promise<McpProvider> {
  // The SDK takes a fifth of a second to load, which hosts without servers avoid.
  const { connect } = await import('./connection/connection.ts')
  return await connect(options)
}
