import type { ProgramReach } from '../checking/program-reach.ts'
import type { ExecutionError } from '../contract/errors.ts'
import type { ObservedResult } from '../learning/learnt-shapes.ts'
import type { GuestMessage } from '../protocol/messages.ts'
import type { PendingCall } from './call-approval.ts'
import type { LogEntry, ToolCallRecord } from './events.ts'
import type { Divergence } from './run-log.ts'

/** Resources that an execution used. */
export interface Usage {
  /** Elapsed time of the execution in milliseconds. */
  readonly wallTimeMs: number
  /** Number of tool calls. */
  readonly toolCalls: number
  /** CPU time of the guest in milliseconds. Absent if the sandbox does not measure it. */
  readonly cpuTimeMs?: number
  /** Largest heap size at the end of a turn in bytes. Absent if the sandbox does not measure it. */
  readonly peakMemoryBytes?: number
}

/** Result of an execution: the `value` that the program returned, or the `error` with which it failed. */
export type ExecuteResult = {
  /** Console output of the program. */
  readonly logs: readonly LogEntry[]
  /** Tool calls of the program, sorted by number. */
  readonly calls: readonly ToolCallRecord[]
  /** Resources that the execution used. */
  readonly usage: Usage
  /** Likely mistakes of the program, one sentence each. Absent if there are none. */
  readonly warnings?: readonly string[]
  /** Types of results that were unknown before this execution. Only with the option `learn`, and each only once. */
  readonly observed?: readonly ObservedResult[]
} & (
  | { readonly status: 'succeeded'; readonly ok: true; readonly value: unknown }
  | { readonly status: 'failed'; readonly ok: false; readonly error: ExecutionError }
  | Suspension
)

/** A run that waits in its store, for a decision on one of its calls or for a timer. */
interface Suspension {
  readonly status: 'suspended'
  readonly ok: false
  /** Says what the run waits for. Its code is `RUN_SUSPENDED`. */
  readonly error: ExecutionError
  /** Id of the run, for `codeMode.resume()`. */
  readonly run: string
  /** Calls that wait for a decision. */
  readonly pending: readonly PendingCall[]
  /** Tools that the program can reach, to decide on its calls. Absent if the run waits as it did before. */
  readonly program?: ProgramReach
}

/** A result that `explain()` has not completed yet. */
export type Executed = ExecuteResult & {
  /** Remarks that the guest sent with its value. */
  readonly remarks?: Extract<GuestMessage, { readonly type: 'returned' }>
  /** Message with which the guest reported the end of its program. */
  readonly ended?: string
  /** Set if a repeated run differed from its record. */
  readonly divergence?: Divergence
}
