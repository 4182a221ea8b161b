import { PooledAdapter, PROCESS_GUARANTEES, type ProcessPool } from '@glovebox/adapter-node'
import { measuresCpuTime } from './cpu-clock.ts'
import { findLibrary } from './library.ts'
import { connectWorkerd } from './workerd-link.ts'

/**
 * Creates an adapter that runs each guest in a dynamic Worker, in workerd processes that guests share.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` if workerd is not installed
 */
export function workerdAdapter({ min, max, guestsPerProcess }: ProcessPool): PooledAdapter {
  const { executable, version } = findLibrary()
  return new PooledAdapter({
    name: 'workerd',
    engine: `workerd@${version}`,
    guarantees: { ...PROCESS_GUARANTEES, cpuTime: measuresCpuTime },
    memoryBytes: { min: 8 * 1024 * 1024, max: 512 * 1024 * 1024 },
    min,
    max,
    eager: 1,
    capacity: guestsPerProcess,
    isSerial: true,
    connect: (runtime, events, signal) => connectWorkerd(executable, runtime, events, signal),
  })
}
