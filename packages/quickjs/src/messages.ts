import type { GuestRuntime } from '@glovebox/core/adapter'

export interface WorkerData {
  readonly module: WebAssembly.Module
  readonly initialPages: number
  readonly runtime: GuestRuntime
  /** One for each slot, shared with the host: what it is at, and whether it is to end. */
  readonly statuses: Uint8Array
}

/** What a thread says first. */
export const UP = 'up'

/** Bits of a slot's status. */
export const IN_TURN = 1
export const INTERRUPTED = 2
