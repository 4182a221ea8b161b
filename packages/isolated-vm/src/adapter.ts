import { LOCALE_BUILD, PooledAdapter, PROCESS_GUARANTEES, type ProcessPool } from '@glovebox/adapter-node'
import { connectProcess } from './child-process.ts'
import { findLibrary } from './library.ts'

/** Guests run on threads of their own, so that a process takes several at once as well as one after the other. */
const EAGER_GUESTS = 16

/**
 * A fresh V8 isolate for each guest, in processes that guests share and that may be lost.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE`
 */
export function isolatedVmAdapter({ min, max, guestsPerProcess }: ProcessPool): PooledAdapter {
  const library = findLibrary()
  return new PooledAdapter({
    name: 'isolated-vm',
    engine: `isolated-vm@${library.version}/v8@${process.versions.v8}/${LOCALE_BUILD}`,
    // What the library gives as CPU time is the time that passes.
    guarantees: { ...PROCESS_GUARANTEES, cpuTime: false },
    // As small as V8 makes a heap, and as large as its pointers reach.
    memoryBytes: { min: 8 * 1024 * 1024, max: 4 * 1024 * 1024 * 1024 },
    min,
    max,
    eager: Math.min(EAGER_GUESTS, guestsPerProcess),
    capacity: guestsPerProcess,
    isSerial: false,
    connect: (runtime, events, signal) => connectProcess(library.path, runtime, events, signal),
  })
}
