import assert from 'node:assert/strict'
import type { Sandbox } from '@glovebox/core'
import { countBeats } from './event-loop-monitor.ts'

/**
 * CPU time of the host's thread, in ms, that no program within its limits may cost. Refusing a value takes a few ms;
 * walking one that shares its parts hundreds of times takes many seconds. CPU time does not grow on a busy machine.
 */
const MAX_HOST_CPU_MS = 2_000

interface ThreadClock {
  threadCpuUsage?(): { readonly user: number; readonly system: number }
}

/** Returns the CPU time of this thread in ms, or undefined where the platform does not measure it. */
function threadCpuMs(): number | undefined {
  // Node measures threads from version 23.9.
  const { process } = globalThis as { readonly process?: ThreadClock }
  const usage = process?.threadCpuUsage?.()
  return usage && (usage.user + usage.system) / 1_000
}

/**
 * Runs a program and fails if the host's thread computed for long meanwhile, or its event loop stood still. Where the
 * program itself runs on the host's thread, nothing is measured.
 */
export async function keepsHostFree<T>({ guarantees }: Sandbox, work: () => Promise<T>): Promise<T> {
  // In a Worker, whose `process` has methods that only throw, the program is never apart.
  if (guarantees.boundary === 'inline' || guarantees.boundary === 'isolate') return await work()
  const before = threadCpuMs()
  const beats = countBeats(true)
  const value = await work()
  beats()
  const after = threadCpuMs()
  if (before !== undefined && after !== undefined) {
    assert.ok(after - before < MAX_HOST_CPU_MS, `the host's thread computed for ${(after - before).toFixed(0)} ms`)
  }
  return value
}
