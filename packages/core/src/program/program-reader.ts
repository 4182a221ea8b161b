import type { JsonSchema } from '../values/json-schema.ts'
import type { ValueSide } from '../values/parse.ts'
import type { PreparedProgram } from './program.ts'

/**
 * Reads programs and checks values against costly schemas in a separate process, where the work can be stopped at any
 * time. Hosts without processes have no reader; see the guarantee `stopsReading`.
 */
export interface ProgramReader extends AsyncDisposable {
  /**
   * Parses the text of a program.
   *
   * @throws `ProgramSyntaxError`, `ReaderTimeoutError`, `SandboxError` `SANDBOX_UNAVAILABLE`, or the signal's reason
   */
  read(text: string, task: ReaderTask): Promise<PreparedProgram>
  /**
   * Checks a value. Resolves to one sentence for each problem, or to an empty list for a valid value.
   *
   * @param payload the value as encoded by the codec, without defaults: a short value may need a large default many
   *   times
   * @throws `ReaderTimeoutError`, `SandboxError` `SANDBOX_UNAVAILABLE`, or the signal's reason
   */
  check(schema: JsonSchema, payload: string, task: CheckTask): Promise<readonly string[]>
  /** Stops all work in progress without waiting for it. Idempotent. */
  close(): Promise<void>
}

/** Maximum CPU time to read one program, in milliseconds. The largest realistic program takes a tenth of it. */
export const MAX_READING_MS = 5_000

/** Options for one task of a {@link ProgramReader}. */
export interface ReaderTask {
  /** Aborts the work immediately. */
  readonly signal: AbortSignal
  /**
   * Maximum CPU time of the work in milliseconds. Elapsed time counts instead if the system does not measure CPU time.
   */
  readonly limitMs: number
}

/** Options for checking one value. */
export interface CheckTask extends ReaderTask {
  readonly side: ValueSide
}

/** Thrown when a task exceeds its time limit and is stopped. */
export class ReaderTimeoutError extends Error {
  override readonly name = 'ReaderTimeoutError'
}
