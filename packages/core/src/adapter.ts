/** `@glovebox/core/adapter`: for people who add a backend. */
export type { Guest, GuestExit, GuestInit, GuestRuntime, Program, RunInit, SandboxAdapter, Turn } from './contract.ts'
export { SandboxError } from './errors.ts'
export type { Transcript } from './execution/execution.ts'
export { type Recording, recordExecution, replayExecution } from './execution/recording.ts'
export type { Guarantees } from './guarantees.ts'
export { guestRuntime } from './guest/runtime.generated.ts'
export { Pool, type PoolOptions } from './pool.ts'
export { createSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts'
