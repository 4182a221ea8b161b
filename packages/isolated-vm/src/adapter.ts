import { LOCALE_BUILD, PooledAdapter, PROCESS_GUARANTEES, type ProcessPool } from '@glovebox/adapter-node'
import { connectProcess } from './child-process.ts'
import { findLibrary } from './library.ts'

/**
 * Creates an adapter that runs each guest in a new V8 isolate, in processes that guests share.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` if isolated-vm is not installed
 */
export function isolatedVmAdapter({ min, max, guestsPerProcess }: ProcessPool): PooledAdapter {
  const library = findLibrary()
  return new PooledAdapter({
    name: 'isolated-vm',
    engine: `isolated-vm@${library.version}/v8@${process.versions.v8}/${LOCALE_BUILD}`,
    // The library's `cpuTime` is elapsed time.
    guarantees: { ...PROCESS_GUARANTEES, cpuTime: false },
    // The smallest heap that V8 creates, and the largest that it can address.
    memoryBytes: { min: 8 * 1024 * 1024, max: 4 * 1024 * 1024 * 1024 },
    min,
    max,
    // A process makes a guest while its host handles the messages of another.
    eager: 2,
    capacity: guestsPerProcess,
    isSerial: true,
    connect: (runtime, events, signal) => connectProcess(library.path, runtime, events, signal),
  })
}
