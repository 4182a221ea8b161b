import assert from 'node:assert/strict'
import type { Sandbox } from '@glovebox/core'
import { countBeats } from './event-loop-monitor.ts'

/**
 * Maximum CPU time in ms that one program may cost the host's thread. Rejecting a value takes a few ms; walking a value
 * that repeats its parts hundreds of times takes many seconds. CPU time does not grow on a busy machine.
 */
const MAX_HOST_CPU_MS = 2_000

interface ThreadClock {
  threadCpuUsage?(): { readonly user: number; readonly system: number }
}

/** Returns the CPU time of this thread in ms, or undefined if the platform does not measure it. */
function threadCpuMs(): number | undefined {
  // Available since Node 23.9.
  const { process } = globalThis as { readonly process?: ThreadClock }
  const usage = process?.threadCpuUsage?.()
  return usage && (usage.user + usage.system) / 1_000
}

/**
 * Runs a program and fails if it cost the host's thread too much CPU time or blocked its event loop. Nothing is
 * measured if the program itself runs on the host's thread.
 */
export async function keepsHostFree<T>({ guarantees }: Sandbox, work: () => Promise<T>): Promise<T> {
  // This also skips Cloudflare Workers, where the methods of `process` throw.
  if (guarantees.boundary === 'inline' || guarantees.boundary === 'isolate') return await work()
  const before = threadCpuMs()
  const beats = countBeats(true)
  const value = await work()
  beats()
  const after = threadCpuMs()
  if (before !== undefined && after !== undefined) {
    assert.ok(after - before < MAX_HOST_CPU_MS, `the host's thread used ${(after - before).toFixed(0)} ms of CPU time`)
  }
  return value
}
