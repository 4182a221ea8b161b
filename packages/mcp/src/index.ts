export { type McpAuth, type McpAuthOptions, memoryTokenStore, type TokenStore } from './auth/auth.ts'
export { fileTokenStore } from './auth/file-token-store.ts'
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
export { McpError, type McpErrorCode } from './error.ts'
export type {
  ElicitAnswer,
  ElicitRequest,
  McpEvent,
  McpState,
  McpStatus,
  SampleRequest,
  SampleResult,
} from './events.ts'
export { mcp } from './mcp.ts'
export type { McpHeaders, McpHttpOptions, McpOptions, McpStdioOptions } from './options.ts'
export type { McpProvider } from './provider.ts'
