export { fileTokenStore } from './auth/file-token-store.ts'
export { memoryTokenStore } from './auth/memory-token-store.ts'
export { deleteStoredLogin, readStoredLogin, type StoredLogin } from './auth/stored-login.ts'
export type { McpClient, McpClientOptions } from './client.ts'
export { fromClient } from './client.ts'
export {
  type ConfiguredServer,
  type FindOptions,
  findMcpConfigs,
  MCP_HOSTS,
  McpConfigError,
  type McpConfigFile,
  type McpHost,
  type ReadConfigOptions,
  readMcpConfig,
  readMcpServers,
} from './config/config.ts'
export type { McpInput } from './config/placeholders.ts'
export type { McpAuth, McpAuthOptions, TokenStore } from './contract/auth.ts'
export { McpError, type McpErrorCode } from './contract/error.ts'
export type {
  ElicitAnswer,
  ElicitRequest,
  HeldTool,
  McpEvent,
  McpState,
  McpStatus,
  Root,
  SampleRequest,
  SampleResult,
  ServerRequest,
  ToolDefinition,
} from './contract/events.ts'
export type { McpHeaders, McpHttpOptions, McpOptions, McpStdioOptions } from './contract/options.ts'
export type { McpProvider } from './contract/provider.ts'
export type { McpProgress, McpRelay, RawTool, RelayedChange, RelayOptions } from './contract/relay.ts'
export { mcp } from './mcp.ts'
