import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'

/** Ticks a second of the accounts under /proc, on every Linux that Node runs on. */
const TICKS = 100

/** What this process and all below it have computed, in ms; undefined where the system does not tell. */
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
    // It has just ended.
    return []
  }
}

/** Of one core: what a machine takes at rest. A loop takes more, beside many others too. */
const QUIET = 0.1
const LOOK_MS = 400
/** In a row: one that others leave no time may seem to rest. */
const QUIET_LOOKS = 3
const MAX_WAIT_MS = 60_000

/** Whether nothing computes any more, now or soon: a loop that was only given up goes on for good. True where unknown. */
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

/** The memory of this process, in bytes; undefined where the platform does not tell. */
export function residentBytes(): number | undefined {
  const bytes = process.memoryUsage?.().rss
  return bytes === 0 ? undefined : bytes
}

/** Does something while eight times as many others compute as there are cores; undefined where no threads can be had. */
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
