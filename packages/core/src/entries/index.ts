export { Attachment } from '../catalog/attachment.ts'
export type { ToolLike, ToolProvider, ToolRecord, ToolSource } from '../catalog/provider.ts'
export { toolProvider } from '../catalog/provider.ts'
export type { SchemaInput, Tool, ToolAnnotations, ToolContext, ToolDefinition, UnnamedTool } from '../catalog/tool.ts'
export { defineTool } from '../catalog/tool.ts'
export type { CheckMode } from '../checking/program-check.ts'
export type { ProgramReach, ReachedTool } from '../checking/program-reach.ts'
export type { CodeMode, CodeModeOptions, ModelTool } from '../code-mode.ts'
export { createCodeMode } from '../code-mode.ts'
export type {
  ExecutionError,
  ExecutionErrorCode,
  RunErrorCode,
  SandboxErrorCode,
  ToolErrorCode,
} from '../contract/errors.ts'
export { EXECUTION_ERROR_CODES, RUN_ERROR_CODES, RunError, SandboxError, ToolCallError } from '../contract/errors.ts'
export type { Guarantees } from '../contract/guarantees.ts'
export type { Limits } from '../contract/limits.ts'
export { DEFAULT_LIMITS } from '../contract/limits.ts'
export type {
  Append,
  Claim,
  Lease,
  NewRun,
  RunFilter,
  RunStatus,
  RunStore,
  RunSummary,
  StoredRun,
} from '../contract/run-store.ts'
export { RUN_STATUSES } from '../contract/run-store.ts'
export type {
  MergeShapes,
  Shape,
  ShapeKind,
  ShapeParts,
  ShapeStore,
  TableFormat,
  ToolShape,
} from '../contract/shape-store.ts'
export { TypeCheckError, type TypeChecker, type TypedProgram, type TypeMistake } from '../contract/type-checker.ts'
export type { DeclarationOptions } from '../declarations/declarations.ts'
export type { ToolWarning } from '../declarations/namespace.ts'
export type { Detail, ListQuery, SearchQuery } from '../discovery/queries.ts'
export type { FoundTool, FoundTools, Rank, RankedTool, ToolEffects } from '../discovery/tool-directory.ts'
export type { PendingCall, Resolution } from '../execution/call-approval.ts'
export type {
  ApprovalRequest,
  Around,
  Decision,
  JudgedCall,
  Policy,
  PolicyEffect,
  PolicyRule,
} from '../execution/call-rules.ts'
export type { ExecutionEvent, LogEntry, ToolCallRecord } from '../execution/events.ts'
export type { ExecuteOptions, ResumedRun, ResumeOptions, RollbackOptions } from '../execution/execute-options.ts'
export type { ProgramDescription } from '../execution/program-runner.ts'
export type { Replay } from '../execution/recorded-run.ts'
export { expectReplay, type ReplayableRun, type RerunOptions, replay, rerun } from '../execution/replay.ts'
export type { ExecuteResult, Usage } from '../execution/result.ts'
export type { RollbackOutcome, RolledBackCall } from '../execution/rollback.ts'
export type { RunEntry } from '../execution/run-log.ts'
export type {
  CallDecision,
  PrincipalOptions,
  RunAccess,
  RunAction,
  RunDetails,
  RunRecordsOptions,
  Runs,
} from '../execution/run-records.ts'
export { openRuns } from '../execution/run-records.ts'
export type { StoredRunsOptions } from '../execution/stored-runs.ts'
export type { ExecutionSpan, StartedCall, StartedExecution, Telemetry } from '../execution/telemetry.ts'
export type { LearnOptions, ObservedResult } from '../learning/learnt-shapes.ts'
export type { ModelImage } from '../model-images.ts'
export type { ModelOutput, ModelOutputBounds, Waiting } from '../model-output.ts'
export { toModelOutput } from '../model-output.ts'
export { redactSecrets } from '../redaction/redact-secrets.ts'
export type { Sandbox } from '../sandbox/sandbox.ts'
export type { Style } from '../schema/style.ts'
export { STYLES } from '../schema/style.ts'
export type { SchemaWarning } from '../schema/warnings.ts'
export { memoryShapes } from '../stores/memory-shapes.ts'
export { memoryStore } from '../stores/memory-store.ts'
export { type SealedStoreOptions, type SealingKey, sealedStore } from '../stores/sealed-store.ts'
export type { JsonSchema } from '../values/json-schema.ts'
