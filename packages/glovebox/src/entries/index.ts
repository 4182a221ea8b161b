export type {
  ApprovalRequest,
  Around,
  CodeMode,
  CodeModeOptions,
  Decision,
  ExecuteOptions,
  ExecuteResult,
  ExecutionError,
  ExecutionErrorCode,
  ExecutionEvent,
  Guarantees,
  JsonSchema,
  JudgedCall,
  Limits,
  LogEntry,
  ModelOutput,
  ModelTool,
  Policy,
  PolicyEffect,
  PolicyRule,
  Sandbox,
  Tool,
  ToolCallRecord,
  ToolContext,
  ToolProvider,
  ToolSource,
  Usage,
} from '@glovebox/core'
export {
  Attachment,
  createCodeMode,
  defineTool,
  redactSecrets,
  SandboxError,
  ToolCallError,
  toolProvider,
} from '@glovebox/core'
export type { IsolatedVmOptions } from '@glovebox/isolated-vm'
export { isolatedVm } from '@glovebox/isolated-vm'
export type { McpAuthOptions, McpEvent, McpOptions, McpProvider, McpStatus, TokenStore } from '@glovebox/mcp'
export {
  fileTokenStore,
  findMcpConfigs,
  fromClient,
  McpConfigError,
  McpError,
  mcp,
  memoryTokenStore,
  readMcpConfig,
} from '@glovebox/mcp'
export type { QuickJSOptions } from '@glovebox/quickjs'
export { quickjs } from '@glovebox/quickjs'
export type { WorkerdOptions } from '@glovebox/workerd'
export { workerd } from '@glovebox/workerd'
