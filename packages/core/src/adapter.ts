/** `@glovebox/core/adapter`: for people who add a backend. */

export type { CarrierDeath, CarrierEvents, CarrierLink } from './carriers/carrier.ts'
export { Carriers, type CarriersOptions } from './carriers/carriers.ts'
export type { FromCarrier, ToCarrier } from './carriers/messages.ts'
export { Pool, type PoolOptions } from './carriers/pool.ts'
export type { Guest, GuestExit, GuestInit, GuestRuntime, Program, RunInit, SandboxAdapter, Turn } from './contract.ts'
export { SandboxError } from './errors.ts'
export type { Transcript } from './execution/execution.ts'
export { type Recording, recordExecution, replayExecution } from './execution/recording.ts'
export type { Guarantees } from './guarantees.ts'
export { guestRuntime } from './guest/runtime.generated.ts'
export type { PreparedProgram } from './program/program.ts'
export { createSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts'
