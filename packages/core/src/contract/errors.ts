/**
 * The codes of failed executions. Codes are part of the public API; messages may change. docs/reference/errors.md has a
 * heading for each code.
 */
export const EXECUTION_ERROR_CODES = [
  'CODE_SYNTAX',
  'CODE_TYPE',
  'CODE_THREW',
  'VALUE_NOT_SERIALIZABLE',
  'LIMIT_WALL_TIME',
  'LIMIT_CPU',
  'LIMIT_MEMORY',
  'LIMIT_STACK',
  'LIMIT_TOOL_CALLS',
  'LIMIT_CODE_SIZE',
  'LIMIT_MESSAGE_SIZE',
  'LIMIT_RESULT_SIZE',
  'SANDBOX_CRASHED',
  'PROGRAM_STALLED',
  'RUN_SUSPENDED',
  'PROTOCOL_VIOLATION',
  'TOOL_NOT_FOUND',
  'TOOL_INPUT_INVALID',
  'TOOL_OUTPUT_INVALID',
  'TOOL_CHANGED',
  'TOOL_DENIED',
  'TOOL_FAILED',
] as const
/** Reason why an execution failed. */
export type ExecutionErrorCode = (typeof EXECUTION_ERROR_CODES)[number]

/** Reason why a tool call failed. Programs receive it as the `code` of the error that the call throws. */
export type ToolErrorCode = Extract<ExecutionErrorCode, `TOOL_${string}` | 'LIMIT_MESSAGE_SIZE'>

/** Describes why an execution failed. */
export interface ExecutionError {
  /** Stable reason for the failure. */
  readonly code: ExecutionErrorCode
  /** Name of the thrown error, such as `TypeError`. `Thrown` if the program threw a value that is not an error. */
  readonly name: string
  /** Message of the thrown error, or a description of the failure. May change between versions. */
  readonly message: string
  /** Tool whose call failed, as `namespace.tool`. */
  readonly tool?: string
  /** Properties, `cause` and inner errors of the error, as `console.log` prints them. Maximum: 4,000 characters. */
  readonly details?: string
  /** Code frame: the lines of the program around the position. */
  readonly frame?: string
  /** How to fix the program. */
  readonly hint?: string
  /** Stack frames of the program, as `at name (program.js:line:column)`. Other frames are removed. */
  readonly stack?: string
  /** Line in the text that the model wrote, from 1. */
  readonly line?: number
  /** Column in UTF-16 code units, from 1. */
  readonly column?: number
}

/** Reason why a {@link SandboxError} was thrown. */
export type SandboxErrorCode = 'SANDBOX_UNAVAILABLE' | 'SANDBOX_CLOSED' | 'GUARANTEE_NOT_MET' | 'PROTOCOL_VIOLATION'

/** Error of the host or its environment. Failures of a program are an {@link ExecutionError} instead. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  /** Stable reason for the error. */
  readonly code: SandboxErrorCode

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Error with a code for the program. Tools throw it to choose the code that the program receives. */
export class ToolCallError extends Error {
  override readonly name = 'ToolCallError'
  /** Code that the program receives. */
  readonly code: ToolErrorCode

  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The codes of a {@link RunError}. */
export const RUN_ERROR_CODES = [
  'RUN_NOT_FOUND',
  'RUN_CONFLICT',
  'RUN_CLAIMED',
  'RUN_LEASE_LOST',
  'RUN_FORBIDDEN',
  'RUN_DECISION_INVALID',
  'RUN_RUNTIME_MISMATCH',
  'REPLAY_DIVERGED',
  'RUN_STORE_FAILED',
] as const
/** Reason why a {@link RunError} was thrown. */
export type RunErrorCode = (typeof RUN_ERROR_CODES)[number]

/** Error about a stored run. */
export class RunError extends Error {
  override readonly name = 'RunError'
  /** Stable reason for the error. */
  readonly code: RunErrorCode

  constructor(code: RunErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
