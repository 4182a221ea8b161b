import type { Limits } from '../contract/limits.ts'
import type { ExecutionEvent } from './events.ts'

/** Options for one execution. */
export interface ExecuteOptions<Context = unknown> {
  /** Ends the program when aborted. `execute` then rejects with the signal's reason. Default: no signal. */
  readonly signal?: AbortSignal | undefined
  /** Limits of this execution. They can only be lower than those of the code mode; higher values have no effect. */
  readonly limits?: Limits | undefined
  /**
   * Receives logs and tool calls as they happen. Default: none. An error that it throws ends the execution, which then
   * rejects with that error. A promise that it returns has the same effect if it rejects before the end of the
   * execution. The execution does not wait for the promise.
   */
  readonly onEvent?: ((event: ExecutionEvent) => void) | undefined
  /**
   * Value that every tool receives in its `ToolContext`, such as the user of this execution. Programs cannot
   * access it. Default: `undefined`.
   */
  readonly context?: Context | undefined
}
