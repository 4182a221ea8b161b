/** Why an execution ended badly. Codes are API; messages may change. Each has its heading in docs/reference/errors.md. */
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
  'PROTOCOL_VIOLATION',
  'TOOL_NOT_FOUND',
  'TOOL_INPUT_INVALID',
  'TOOL_OUTPUT_INVALID',
  'TOOL_DENIED',
  'TOOL_FAILED',
] as const
export type ExecutionErrorCode = (typeof EXECUTION_ERROR_CODES)[number]

/** What a guest sees of a failed tool call, as the `code` of the error it can catch. */
export type ToolErrorCode = Extract<ExecutionErrorCode, `TOOL_${string}` | 'LIMIT_MESSAGE_SIZE'>

export interface ExecutionError {
  readonly code: ExecutionErrorCode
  /** The name of the thrown error, such as `TypeError`; `Thrown` for a thrown value that is no error. */
  readonly name: string
  readonly message: string
  /** The tool whose call failed, as `namespace.name`. */
  readonly tool?: string
  /** Properties, `cause` and inner errors of the thrown error, as `console.log` prints them. At most 4,000 characters. */
  readonly details?: string
  /** Code frame: the lines of the program around the position. */
  readonly frame?: string
  /** How to fix the program. */
  readonly hint?: string
  /** Frames of the program alone, as `at name (program.js:line:column)`. */
  readonly stack?: string
  /** In the model's text, from 1. */
  readonly line?: number
  /** In UTF-16 code units, from 1. */
  readonly column?: number
}

export type SandboxErrorCode = 'SANDBOX_UNAVAILABLE' | 'SANDBOX_CLOSED' | 'GUARANTEE_NOT_MET' | 'PROTOCOL_VIOLATION'

/** A fault of the host or its machine, never of a program. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  readonly code: SandboxErrorCode

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Thrown by a tool, or by what stands before one, to choose the code that the guest sees. */
export class ToolCallError extends Error {
  override readonly name = 'ToolCallError'
  readonly code: ToolErrorCode

  constructor(code: ToolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
