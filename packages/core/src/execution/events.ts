import type { ExecutionErrorCode } from '../errors.ts'
import type { LogLevel } from '../protocol/messages.ts'

/** One line of the program's console. */
export interface LogEntry {
  readonly level: LogLevel
  readonly text: string
  /** Since the execution began. */
  readonly timeMs: number
}

/** One tool call, as the host saw it. */
export interface ToolCallRecord {
  /** The guest's number for it, from 1, in the order the program made its calls. */
  readonly id: number
  /** `namespace.tool` */
  readonly tool: string
  /** Since the execution began. */
  readonly startedMs: number
  /** Until it settled, waiting for its turn included. */
  readonly durationMs: number
  readonly outcome: 'returned' | 'failed' | 'cancelled'
  /** Its tool says that it changes nothing. */
  readonly readOnly?: true
  /** What a failed call failed with. */
  readonly code?: ExecutionErrorCode
}

/** What happens while a program runs, as it happens. */
export type ExecutionEvent =
  | ({ readonly type: 'log' } & LogEntry)
  | { readonly type: 'tool-call-start'; readonly id: number; readonly tool: string; readonly timeMs: number }
  | ({ readonly type: 'tool-call-end' } & ToolCallRecord)
