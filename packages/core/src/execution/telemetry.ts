import type { ExecuteResult } from './result.ts'

/**
 * Traces executions and their tool calls. Each method must call its `run` argument immediately and exactly once, and
 * return its result. It may call `run` in any async context.
 */
export interface Telemetry {
  /** Traces one execution. Called in the async context of the caller of `execute`. */
  execution(started: StartedExecution, run: (span: ExecutionSpan) => Promise<ExecuteResult>): Promise<ExecuteResult>
}

/** Information about an execution that starts. */
export interface StartedExecution {
  /** Text of the program that the model wrote. */
  readonly code: string
  /** Name of the sandbox. */
  readonly sandbox: string
  /** Id of the stored run that the execution continues. Absent for a new program. */
  readonly run?: string
  /** The `link` of the span that traced the start of that run. Absent if it was not traced. */
  readonly link?: string
}

/** Traces the tool calls of one execution. */
export interface ExecutionSpan {
  /** Identifies the span. It is kept with a stored run, so that the spans of its later parts can link to it. */
  readonly link?: string
  /**
   * Traces one tool call, including the validation of its input and output. `run` rejects if the call fails or is
   * cancelled. The message of a failed call has been filtered. A call that waits until its run is resumed rejects with
   * an error whose `name` is `SuspendedError`.
   */
  call<Payload>(started: StartedCall, run: () => Promise<Payload>): Promise<Payload>
}

/** Information about a tool call that starts. */
export interface StartedCall {
  /** Number of the call in its execution, from 1. */
  readonly id: number
  /** Tool that is called, as `namespace.tool`. */
  readonly tool: string
}
