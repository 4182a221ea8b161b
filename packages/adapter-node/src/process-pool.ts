import { availableParallelism } from 'node:os'
import { type AdapterGuarantees, atLeast } from '@glovebox/core/adapter'

interface ProcessPoolOptions {
  readonly maxProcesses?: number
  readonly guestsPerProcess?: number
}

/** How many processes an adapter keeps, and how full. */
export interface ProcessPool {
  /** Kept warm. */
  readonly min: number
  readonly max: number
  readonly guestsPerProcess: number
}

const DEFAULT_MAX_PROCESSES = 8

/** What holds for guests in processes that share nothing with the host and are watched by it. */
export const PROCESS_GUARANTEES: AdapterGuarantees = {
  boundary: 'process',
  stopsLoops: true,
  stopsNativeLoops: true,
  survivesOutOfMemory: true,
  memory: 'soft',
  cpuTime: true,
  isolatesCrashes: true,
  deterministic: true,
}

/** @throws `TypeError` for options out of range */
export function processPool(options: ProcessPoolOptions, defaultGuestsPerProcess: number): ProcessPool {
  const max = atLeast('maxProcesses', options.maxProcesses ?? DEFAULT_MAX_PROCESSES, 1)
  const guestsPerProcess = atLeast('guestsPerProcess', options.guestsPerProcess ?? defaultGuestsPerProcess, 1)
  // Two at least: where one is lost, its guests go on in the other at once.
  const min = Math.min(max, Math.max(2, Math.min(4, availableParallelism())))
  return { min, max, guestsPerProcess }
}
