import type { ExecuteResult } from './result.ts'

/**
 * Watches executions and their tool calls, as tracers do. What it is given to run it runs at once and exactly once, in
 * whatever async context it likes, and gives back what that gives.
 */
export interface Telemetry {
  /** One execution. Called in the async context of whoever called `execute`. */
  execution(started: StartedExecution, run: (span: ExecutionSpan) => Promise<ExecuteResult>): Promise<ExecuteResult>
}

export interface StartedExecution {
  /** The program, as the model wrote it. */
  readonly code: string
  /** The name of the sandbox. */
  readonly sandbox: string
}

export interface ExecutionSpan {
  /**
   * One tool call, checks of its input and output included. `run` rejects as the call fails, with a message that has been
   * filtered, or when it is cancelled.
   */
  call<Payload>(started: StartedCall, run: () => Promise<Payload>): Promise<Payload>
}

export interface StartedCall {
  /** The guest's number for it, from 1. */
  readonly id: number
  /** `namespace.tool` */
  readonly tool: string
}
