import type { Limits } from '../contract/limits.ts'
import type { ExecutionEvent } from './events.ts'
import type { ExecuteResult } from './result.ts'
import type { CallDecision } from './run-records.ts'

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
  /**
   * Id of the stored run. Needs the `runs` option of the code mode. Default: a random one
   *
   * @throws `RunError` `RUN_CONFLICT` from `execute` if there is a run with this id
   */
  readonly run?: string | undefined
  /**
   * User or service to which the stored run belongs, as the host authenticated it. Needs the `runs` option of the code
   * mode. Default: none, so that everybody who has the code mode can resume the run.
   */
  readonly principal?: string | undefined
  /**
   * Texts to keep with the stored run, such as the id of the conversation. `runs.get()` returns them. Needs the `runs`
   * option of the code mode. Default: none
   */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** Options for resuming a stored run. */
export interface ResumeOptions<Context = unknown> extends Omit<ExecuteOptions<Context>, 'run' | 'metadata'> {
  /** Decisions on the calls for which the run waits. Default: those that were recorded before. */
  readonly decisions?: readonly CallDecision[] | undefined
}

/** Options for undoing the calls of a run. */
export interface RollbackOptions<Context = unknown>
  extends Pick<ExecuteOptions<Context>, 'signal' | 'context' | 'principal'> {}

/** Outcome for a run that was due: its status, or the error with which it could not be resumed. */
export type ResumedRun =
  | { readonly run: string; readonly status: ExecuteResult['status'] }
  | { readonly run: string; readonly error: unknown }
