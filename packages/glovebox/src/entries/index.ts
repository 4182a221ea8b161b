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
export { createCodeMode, defineTool, redactSecrets, SandboxError, ToolCallError, toolProvider } from '@glovebox/core'
export type { IsolatedVmOptions } from '@glovebox/isolated-vm'
export { isolatedVm } from '@glovebox/isolated-vm'
export type { McpOptions, McpProvider } from '@glovebox/mcp'
export { fromClient, McpError, mcp } from '@glovebox/mcp'
export type { QuickJSOptions } from '@glovebox/quickjs'
export { quickjs } from '@glovebox/quickjs'
export type { WorkerdOptions } from '@glovebox/workerd'
export { workerd } from '@glovebox/workerd'
