import { readFile } from 'node:fs/promises'
import { createRequire, LOCALE_BUILD, PooledAdapter, unavailableBy } from '@glovebox/adapter-node'
import type { GuestRuntime } from '@glovebox/core/adapter'
import { measuresCpuTime } from './cpu-time.ts'
import { ENGINE } from './engine-build.ts'
import { lowerInitialMemory } from './initial-memory.ts'
import { LOWERED_PAGES } from './memory.ts'
import { MEMORY_BYTES } from './memory-limit.ts'
import type { EngineParts } from './messages.ts'
import { readSnapshot, SNAPSHOT_FILE } from './snapshot-file.ts'
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

/** Loads what all threads of this process create their guests from. The guest runtime is the same for all of them. */
const loadParts = lazy(async (runtime: GuestRuntime): Promise<EngineParts> => {
  try {
    // Resolved from the file of the threads: this module may be in a bundle, away from the installed packages.
    const file = workerFile()
    const wasm = await readFile(createRequire(file).resolve(WASM))
    const [module, snapshot] = await Promise.all([
      WebAssembly.compile(lowerInitialMemory(wasm, LOWERED_PAGES)),
      readSnapshot(new URL(SNAPSHOT_FILE, file), { runtime: runtime.id, wasm }),
    ])
    return { module, initialPages: LOWERED_PAGES, runtime, snapshot }
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
    connect: (runtime, events, signal) => connectThread(loadParts(runtime), guestsPerThread, events, signal),
  })
}

/** Caches the result of `make`. A failure is not cached, because its cause may pass, such as a lack of descriptors. */
function lazy<Input, Value>(make: (input: Input) => Promise<Value>): (input: Input) => Promise<Value> {
  let made: Promise<Value> | undefined
  return (input) => {
    made ??= make(input).catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}
