export type { ToolLike, ToolProvider, ToolRecord, ToolSource } from '../catalog/provider.ts'
export { toolProvider } from '../catalog/provider.ts'
export type {
  JsonSchema,
  SchemaInput,
  Tool,
  ToolAnnotations,
  ToolContext,
  ToolDefinition,
  UnnamedTool,
} from '../catalog/tool.ts'
export { defineTool } from '../catalog/tool.ts'
export type { CodeMode, CodeModeOptions, ExecuteOptions, ModelTool } from '../code-mode.ts'
export { createCodeMode } from '../code-mode.ts'
export type { ExecutionError, ExecutionErrorCode, SandboxErrorCode, ToolErrorCode } from '../errors.ts'
export { EXECUTION_ERROR_CODES, SandboxError, ToolCallError } from '../errors.ts'
export type { ExecutionEvent, LogEntry, ToolCallRecord } from '../execution/events.ts'
export type { ExecuteResult, Usage } from '../execution/result.ts'
export type { ExecutionSpan, StartedCall, StartedExecution, Telemetry } from '../execution/telemetry.ts'
export type { Guarantees } from '../guarantees.ts'
export type { Limits } from '../limits.ts'
export { DEFAULT_LIMITS } from '../limits.ts'
export type { ModelOutput, ModelOutputBounds } from '../model-output.ts'
export { toModelOutput } from '../model-output.ts'
export { redactSecrets } from '../redaction/redact-secrets.ts'
export type { Sandbox } from '../sandbox.ts'
export type { DeclarationOptions } from '../schema/declarations.ts'
export type { ToolWarning } from '../schema/namespace.ts'
export type { Style } from '../schema/style.ts'
export { STYLES } from '../schema/style.ts'
export type { SchemaWarning } from '../schema/warnings.ts'
