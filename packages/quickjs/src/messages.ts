import type { GuestRuntime } from '@glovebox/core/adapter'

/** Data that a thread receives when it starts. */
export interface WorkerData {
  readonly module: WebAssembly.Module
  readonly initialPages: number
  readonly runtime: GuestRuntime
  /** One status byte for each slot, shared with the host: a combination of `IN_TURN` and `INTERRUPTED`. */
  readonly statuses: Uint8Array
}

/** First message of a thread. */
export const UP = 'up'

/** Bits of a slot's status. */
export const IN_TURN = 1
export const INTERRUPTED = 2
