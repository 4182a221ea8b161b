import type { JsonSchema, ValueSide } from '../catalog/tool.ts'
import type { PreparedProgram } from './program.ts'

/**
 * Reads programs, and checks values against costly schemas, where that work can be ended at any moment: in a process of
 * its own. Hosts without processes have none; see the guarantee `stopsReading`.
 */
export interface ProgramReader extends AsyncDisposable {
  /** @throws `ProgramSyntaxError`, `ReaderTimeoutError`, `SandboxError` `SANDBOX_UNAVAILABLE`, or the signal's reason */
  read(text: string, task: ReaderTask): Promise<PreparedProgram>
  /**
   * Resolves to what is wrong with a value, one sentence each; to an empty list for a valid one.
   *
   * @param payload the value, as the codec writes it, without defaults: a few characters may want a large one often
   * @throws `ReaderTimeoutError`, `SandboxError` `SANDBOX_UNAVAILABLE`, or the signal's reason
   */
  check(schema: JsonSchema, payload: string, task: CheckTask): Promise<readonly string[]>
  /** Ends what it began. Idempotent; does not wait for a text that is being read. */
  close(): Promise<void>
}

/** CPU time for one program. The largest sensible program takes a tenth of it. */
export const MAX_READING_MS = 5_000

export interface ReaderTask {
  /** An abort ends the work at once. */
  readonly signal: AbortSignal
  /** The CPU time that the work may take, in ms; elapsed time where the system does not measure CPU time. */
  readonly limitMs: number
}

export interface CheckTask extends ReaderTask {
  readonly side: ValueSide
}

/** The work took longer than its limit, and was ended. */
export class ReaderTimeoutError extends Error {
  override readonly name = 'ReaderTimeoutError'
}
