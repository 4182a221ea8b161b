import type { EngineOptions } from './engine.ts'

/** Parts that a thread creates its guests from. */
export type EngineParts = Pick<EngineOptions, 'module' | 'initialPages' | 'runtime' | 'snapshot'>

/** First message to a thread. */
export interface Boot {
  readonly parts: EngineParts
  /** One status byte for each slot, shared with the host: a combination of `IN_TURN` and `INTERRUPTED`. */
  readonly statuses: Uint8Array
}

/** First message of a thread. */
export const UP = 'up'

/** Bits of a slot's status. */
export const IN_TURN = 1
export const INTERRUPTED = 2
