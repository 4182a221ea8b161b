export type { McpClient, McpClientOptions } from './client.ts'
export { fromClient } from './client.ts'
export type { McpErrorCode, McpHttpOptions, McpOptions, McpProvider, McpStdioOptions } from './mcp.ts'
export { McpError, mcp } from './mcp.ts'
