import { readFile } from 'node:fs/promises'
import { createRequire, LOCALE_BUILD, PooledAdapter, unavailableBy } from '@glovebox/adapter-node'
import { measuresCpuTime } from './cpu-time.ts'
import { ENGINE } from './engine-build.ts'
import { lowerInitialMemory } from './initial-memory.ts'
import { LOWERED_PAGES } from './memory.ts'
import { MEMORY_BYTES } from './memory-limit.ts'
import { connectThread, workerFile } from './worker-thread.ts'

export interface ThreadPool {
  /** Threads kept warm. */
  readonly min: number
  readonly max: number
  /** Guests that one thread holds at once where all of them wait for something. */
  readonly guestsPerThread: number
}

const WASM = '@jitl/quickjs-wasmfile-release-sync/wasm'

const module_ = lazy(async () => {
  try {
    // As the threads find it: this module may be in a bundle, far from what is installed.
    const path = createRequire(workerFile()).resolve(WASM)
    return await WebAssembly.compile(lowerInitialMemory(await readFile(path), LOWERED_PAGES))
  } catch (error) {
    throw unavailableBy('The WebAssembly of QuickJS could not be loaded', error)
  }
})

/** QuickJS in worker threads, which guests share as long as none of them computes for long. */
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
    // The memory of a guest that has ended serves the next, so that one after the other beats all at once.
    eager: 1,
    capacity: guestsPerThread,
    isSerial: true,
    connect: async (runtime, events, signal) => {
      const data = { module: await module_(), initialPages: LOWERED_PAGES, runtime }
      return connectThread(data, guestsPerThread, events, signal)
    },
  })
}

/** Made once. What fails is made again when it is asked for again: it may have failed for want of descriptors. */
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
