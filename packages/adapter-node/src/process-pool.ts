import { availableParallelism } from 'node:os'
import { type AdapterGuarantees, atLeast } from '@glovebox/core/adapter'

interface ProcessPoolOptions {
  readonly maxProcesses?: number
  readonly guestsPerProcess?: number
}

/** Size of an adapter's process pool. */
export interface ProcessPool {
  /** Number of processes that are kept running. */
  readonly min: number
  /** Maximum number of processes. */
  readonly max: number
  /** Maximum number of guests in one process. */
  readonly guestsPerProcess: number
}

const DEFAULT_MAX_PROCESSES = 8

/** Guarantees for guests in processes that share nothing with the host and are monitored by it. */
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

/**
 * Validates the options of a process pool and applies the defaults.
 *
 * @throws `TypeError` if an option is out of range
 */
export function processPool(options: ProcessPoolOptions, defaultGuestsPerProcess: number): ProcessPool {
  const max = atLeast('maxProcesses', options.maxProcesses ?? DEFAULT_MAX_PROCESSES, 1)
  const guestsPerProcess = atLeast('guestsPerProcess', options.guestsPerProcess ?? defaultGuestsPerProcess, 1)
  // At least two: if one is lost, its guests can continue in the other without waiting for a start.
  const min = Math.min(max, Math.max(2, Math.min(4, availableParallelism())))
  return { min, max, guestsPerProcess }
}
