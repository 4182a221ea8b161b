import { availableParallelism } from 'node:os'
import { createProgramReader } from '@glovebox/adapter-node'
import { assertKnownOptions, atLeast, createSandbox, type Sandbox } from '@glovebox/core/adapter'
import { quickjsAdapter } from './adapter.ts'

export interface QuickJSOptions {
  /** Programs that compute at once, a thread each; more wait for their turn. 16 unless told otherwise. */
  readonly maxThreads?: number
  /**
   * Programs that one thread holds where all of them wait for their tools. 64 unless told otherwise; 1 gives each
   * program a thread of its own.
   */
  readonly guestsPerThread?: number
  /** Guests made ahead of need. 1 unless told otherwise; 0 makes each when it is asked for. */
  readonly ready?: number
}

const DEFAULT_MAX_THREADS = 16
const DEFAULT_GUESTS_PER_THREAD = 64

/**
 * A sandbox of QuickJS in WebAssembly: no native code, a fresh instance for each program, in threads that can be ended.
 *
 * @throws `TypeError` for options out of range
 */
export function quickjs(options: QuickJSOptions = {}): Sandbox {
  assertKnownOptions('quickjs()', options, ['maxThreads', 'guestsPerThread', 'ready'])
  const max = atLeast('maxThreads', options.maxThreads ?? DEFAULT_MAX_THREADS, 1)
  const guestsPerThread = atLeast('guestsPerThread', options.guestsPerThread ?? DEFAULT_GUESTS_PER_THREAD, 1)
  const ready = atLeast('ready', options.ready ?? 1, 0)
  const min = Math.min(max, Math.max(2, availableParallelism()))
  return createSandbox(quickjsAdapter({ min, max, guestsPerThread }), {
    ready,
    reader: createProgramReader(),
  })
}

export type { Sandbox }
