import type { ExecutionError } from '../errors.ts'
import type { GuestMessage } from '../protocol/messages.ts'
import type { LogEntry, ToolCallRecord } from './events.ts'

/** What an execution took. What was not measured is absent. */
export interface Usage {
  readonly wallTimeMs: number
  readonly toolCalls: number
  readonly cpuTimeMs?: number
  /** The largest heap seen at the end of a turn. */
  readonly peakMemoryBytes?: number
}

/** Whatever a program does gives one of these; only the host's own faults reject. */
export type ExecuteResult = {
  readonly logs: readonly LogEntry[]
  readonly calls: readonly ToolCallRecord[]
  readonly usage: Usage
  /** Likely mistakes of the program, one sentence each. Absent if there are none. */
  readonly warnings?: readonly string[]
} & (
  | { readonly status: 'succeeded'; readonly ok: true; readonly value: unknown }
  | { readonly status: 'failed'; readonly ok: false; readonly error: ExecutionError }
)

/** A result that {@link explain} has not yet completed, with what the guest said beside its value. */
export type Executed = ExecuteResult & { readonly remarks?: Extract<GuestMessage, { readonly type: 'returned' }> }
