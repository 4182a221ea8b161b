import { availableParallelism } from 'node:os'
import { createProgramReader } from '@glovebox/adapter-node'
import { assertKnownOptions, atLeast, createSandbox, type Sandbox } from '@glovebox/core/adapter'
import { quickjsAdapter } from '../adapter.ts'

export interface QuickJSOptions {
  /**
   * Maximum number of threads, which is the number of programs that compute at the same time. Further programs wait.
   * Default: 16.
   *
   * @default 16
   */
  readonly maxThreads?: number
  /**
   * Maximum number of programs in one thread, used if all of them wait for tools. With 1, each program has its own
   * thread. Default: 64.
   *
   * @default 64
   */
  readonly guestsPerThread?: number
  /**
   * Number of guests created ahead of time. With 0, each guest is created when a program needs it. Default: 1.
   *
   * @default 1
   */
  readonly ready?: number
}

const DEFAULT_MAX_THREADS = 16
const DEFAULT_GUESTS_PER_THREAD = 64

/**
 * Creates a sandbox that runs programs on QuickJS compiled to WebAssembly. Each program has a new instance, in a worker
 * thread that can be terminated. No native code is involved.
 *
 * @throws `TypeError` if an option is unknown or out of range
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
