import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** Ticks per second in `/proc`, the same on every Linux that Node supports. */
const TICKS = 100

/** Returns the CPU time of this process and its descendants in ms, or undefined if the system does not report it. */
function computedMs(): number | undefined {
  try {
    const processes = new Map(readdirSync('/proc').filter(isNumber).flatMap(account))
    const isOurs = (pid: number): boolean => {
      if (pid === process.pid) return true
      const parent = processes.get(pid)?.parent
      return parent !== undefined && parent !== 0 && isOurs(parent)
    }
    const ours = [...processes].filter(([pid]) => isOurs(pid))
    return ours.length === 0 ? undefined : ours.reduce((sum, [, { ticks }]) => sum + ticks, 0) * (1_000 / TICKS)
  } catch {
    return undefined
  }
}

const isNumber = (name: string): boolean => /^\d+$/.test(name)

function account(pid: string): [number, { parent: number; ticks: number }][] {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
    return [[Number(pid), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }]]
  } catch {
    // The process has just exited.
    return []
  }
}

/** Maximum share of one core that an idle process tree uses. A loop uses more, even on a busy machine. */
const QUIET = 0.1
const LOOK_MS = 400
/** Number of consecutive idle samples required. A loop that is starved by other processes may look idle once. */
const QUIET_LOOKS = 3
const MAX_WAIT_MS = 60_000

/**
 * Waits until this process tree is idle. Returns false if it stays busy, as with a loop that was abandoned but not
 * stopped. Returns true if the system does not report CPU time.
 */
export async function comesToRest(): Promise<boolean> {
  let quietLooks = 0
  for (let waited = 0; waited < MAX_WAIT_MS && quietLooks < QUIET_LOOKS; waited += LOOK_MS) {
    const before = computedMs()
    if (before === undefined) return true
    await delay(LOOK_MS)
    const isQuiet = (computedMs() as number) - before < QUIET * LOOK_MS
    quietLooks = isQuiet ? quietLooks + 1 : 0
  }
  return quietLooks === QUIET_LOOKS
}

/** Returns the resident memory of this process in bytes, or undefined if the platform does not report it. */
export function residentBytes(): number | undefined {
  const bytes = process.memoryUsage?.().rss
  return bytes === 0 ? undefined : bytes
}

/**
 * Runs `work` while eight busy threads per core compete for the CPU. Returns undefined if threads are not available.
 */
export async function withBusyCores<T>(work: () => Promise<T>): Promise<T | undefined> {
  const { Worker } = await import('node:worker_threads')
  const threads: InstanceType<typeof Worker>[] = []
  try {
    const cores = availableParallelism()
    while (threads.length < 8 * cores) threads.push(new Worker('for (;;);', { eval: true }))
  } catch {
    return undefined
  }
  try {
    await Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('online', resolve))))
    return await work()
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()))
  }
}
