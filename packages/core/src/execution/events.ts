import type { ExecutionErrorCode } from '../contract/errors.ts'
import type { LogLevel } from '../protocol/messages.ts'

/** One message that the program wrote to its console. */
export interface LogEntry {
  /** Console method that the program called. */
  readonly level: LogLevel
  /** Formatted arguments of the call. */
  readonly text: string
  /** Time since the start of the execution in milliseconds. */
  readonly timeMs: number
}

/** One tool call of an execution. */
export interface ToolCallRecord {
  /** Number of the call, from 1, in the order in which the program made its calls. */
  readonly id: number
  /** Tool that was called, as `namespace.tool`. */
  readonly tool: string
  /** Start of the call in milliseconds since the start of the execution. */
  readonly startedMs: number
  /** Duration of the call in milliseconds, including the time in the queue. */
  readonly durationMs: number
  /**
   * How the call ended. `cancelled`: the execution ended before the call did. `waiting`: the call waits until its run
   * is resumed.
   */
  readonly outcome: 'returned' | 'failed' | 'cancelled' | 'waiting'
  /** Set if the tool is annotated with `readOnlyHint`. */
  readonly readOnly?: true
  /** Error code of a failed call. */
  readonly code?: ExecutionErrorCode
  /** Set if the output of a call that returned does not match the schema of its tool. */
  readonly warning?: string
}

/** A log entry, or the start or end of a tool call. `timeMs`: milliseconds since the start of the execution. */
export type ExecutionEvent =
  | ({ readonly type: 'log' } & LogEntry)
  | { readonly type: 'tool-call-start'; readonly id: number; readonly tool: string; readonly timeMs: number }
  | ({ readonly type: 'tool-call-end' } & ToolCallRecord)
