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

/** Loads the engine. All sandboxes of this process share it. */
const loadEngine = lazy(async () => {
  try {
    // Resolved from the file of the threads: this module may be in a bundle, away from the installed packages.
    const wasm = await readFile(createRequire(workerFile()).resolve(WASM))
    return { wasm, module: await WebAssembly.compile(lowerInitialMemory(wasm, LOWERED_PAGES)) }
  } catch (error) {
    throw unavailableBy('The WebAssembly of QuickJS could not be loaded', error)
  }
})

async function loadParts(runtime: GuestRuntime): Promise<EngineParts> {
  const { wasm, module } = await loadEngine()
  const snapshot = await readSnapshot(new URL(SNAPSHOT_FILE, workerFile()), { source: runtime.source, wasm })
  return { module, initialPages: LOWERED_PAGES, runtime, snapshot }
}

/**
 * Creates an adapter for QuickJS in worker threads. Guests share a thread as long as none of them computes for long.
 */
export function quickjsAdapter({ min, max, guestsPerThread }: ThreadPool): PooledAdapter {
  // An adapter has one runtime.
  const partsFor = lazy(loadParts)
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
    connect: (runtime, events, signal) => connectThread(partsFor(runtime), guestsPerThread, events, signal),
  })
}

/** Caches the result of `make`. A failure is not cached, because its cause may pass, such as a lack of descriptors. */
function lazy<Inputs extends unknown[], Value>(make: (...inputs: Inputs) => Promise<Value>) {
  let made: Promise<Value> | undefined
  return (...inputs: Inputs): Promise<Value> => {
    made ??= make(...inputs).catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}
