/** `@glovebox/core/adapter`: the contract and helpers for packages that add a backend or a store. */

export type {
  Guest,
  GuestExit,
  GuestInit,
  GuestRuntime,
  Program,
  RunInit,
  SandboxAdapter,
  Turn,
} from '../contract/adapter.ts'
export { SandboxError } from '../contract/errors.ts'
export type { AdapterGuarantees, Guarantees } from '../contract/guarantees.ts'
export { checkMemoryLimit, type MemoryRange } from '../contract/limits.ts'
export { assertKnownOptions, atLeast } from '../contract/options.ts'
export { type RecordedRun, type Replay, recordRun, replayRun } from '../execution/recorded-run.ts'
export type { CallEntry, Divergence, LogLineEntry, RunEntry } from '../execution/run-log.ts'
export { guestRuntime } from '../guest/runtime.generated.ts'
export type { PreparedProgram } from '../program/program.ts'
export type { CheckTask, ProgramReader, ReaderTask } from '../program/program-reader.ts'
export { compileSchema, type Validator } from '../protocol/compile.ts'
export { cutUrls, KnownSecrets, secretsOfUrl } from '../redaction/known-secrets.ts'
export { redactSecrets } from '../redaction/redact-secrets.ts'
export { adapterOf, createSandbox, readerOf, type Sandbox, type SandboxOptions } from '../sandbox/sandbox.ts'
export {
  appendRefusal,
  listPages,
  RUNS_PER_PAGE,
  type RunRow,
  runConditions,
  runExists,
  summaryFromRow,
} from '../stores/store-helpers.ts'
export type { WorkerEvents, WorkerExit, WorkerLink } from '../workers/guest-worker.ts'
export { GuestWorkers, type GuestWorkersOptions } from '../workers/guest-workers.ts'
export type { FromWorker, ToWorker } from '../workers/messages.ts'
export { Pool, type PoolOptions } from '../workers/pool.ts'
export { StallMeter } from '../workers/stall-meter.ts'
