import { readFile } from 'node:fs/promises'
import { createRequire, LOCALE_BUILD, PooledAdapter, unavailableBy } from '@glovebox/adapter-node'
import { measuresCpuTime } from './cpu-time.ts'
import { ENGINE } from './engine-build.ts'
import { lowerInitialMemory } from './initial-memory.ts'
import { LOWERED_PAGES } from './memory.ts'
import { MEMORY_BYTES } from './memory-limit.ts'
import { connectThread, workerFile } from './worker-thread.ts'

export interface ThreadPool {
  /** Number of threads that are kept running. */
  readonly min: number
  /** Maximum number of threads. */
  readonly max: number
  /** Maximum number of guests in one thread, used if all of them are waiting. */
  readonly guestsPerThread: number
}

const WASM = '@jitl/quickjs-wasmfile-release-sync/wasm'

const module_ = lazy(async () => {
  try {
    // Resolved from the file of the threads: this module may be in a bundle, away from the installed packages.
    const path = createRequire(workerFile()).resolve(WASM)
    return await WebAssembly.compile(lowerInitialMemory(await readFile(path), LOWERED_PAGES))
  } catch (error) {
    throw unavailableBy('The WebAssembly of QuickJS could not be loaded', error)
  }
})

/**
 * Creates an adapter for QuickJS in worker threads. Guests share a thread as long as none of them computes for long.
 */
export function quickjsAdapter({ min, max, guestsPerThread }: ThreadPool): PooledAdapter {
  return new PooledAdapter({
    name: 'quickjs',
    engine: `${ENGINE}/${LOCALE_BUILD}`,
    guarantees: {
      boundary: 'thread',
      stopsLoops: true,
      stopsNativeLoops: true,
      survivesOutOfMemory: true,
      memory: 'hard',
      cpuTime: measuresCpuTime,
      isolatesCrashes: true,
      deterministic: true,
    },
    memoryBytes: MEMORY_BYTES,
    min,
    max,
    // The memory of a guest that has ended is reused for the next, so running guests one after the other is faster.
    eager: 1,
    capacity: guestsPerThread,
    isSerial: true,
    connect: async (runtime, events, signal) => {
      const data = { module: await module_(), initialPages: LOWERED_PAGES, runtime }
      return connectThread(data, guestsPerThread, events, signal)
    },
  })
}

/** Caches the result of `make`. A failure is not cached, because its cause may pass, such as a lack of descriptors. */
function lazy<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}
