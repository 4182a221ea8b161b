import { readFileSync } from 'node:fs'
import type { WorkerExit } from '@glovebox/core/adapter'
import { claimMemoryKill } from './memory-kills.ts'
import { shortageOf, shortageReason } from './system-shortage.ts'

/** Signals that nobody sends itself. */
const FOREIGN: readonly unknown[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']

/** What no guest can use up, so that none is to blame where its process lacks it. */
const SHARED_SHORTAGES: readonly unknown[] = ['EMFILE', 'ENFILE', 'EAGAIN']
const OUT_OF_MEMORY = 'the system, or its container, ran out of memory and killed its process'

/** Where the system tells it, read from outside: a process that is held up cannot say. */
export function residentBytesOf(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    // It has just ended.
    return undefined
  }
}

/** Linux counts CPU time in these, on all its platforms that Node runs on. */
const CLOCK_TICK_MS = 10

/**
 * What a process has computed so far, all its threads together, in steps of 10 ms. Undefined where the system does not
 * tell: of a process that has started, 0 is no count.
 */
export function cpuTimeMsOf(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    // The second field, the program's name in parentheses, may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    return ticks > 0 ? ticks * CLOCK_TICK_MS : undefined
  } catch {
    // It has just ended, or no file can be opened at present.
    return undefined
  }
}

/** Why a process is no more, from how it ended and what it said last. */
export function describeDeath(code: number | null, signal: NodeJS.Signals | null, stderr: string): WorkerExit {
  const [, fatal] = /^(?:FATAL ERROR|# Fatal .*?): (.*)$/m.exec(stderr) ?? []
  const last = signal === null ? `its process ended with code ${code}` : `its process ended by ${signal}`
  const detail = fatal === undefined ? last : `${last}: ${fatal}`
  if (/out of memory|allocation failed/i.test(stderr)) return { detail, limit: 'memory' }
  if (SHARED_SHORTAGES.includes(shortageOf(stderr))) {
    return { detail: `${last}: ${shortageReason(stderr)}`, isForeign: true }
  }
  if (signal === 'SIGKILL' && claimMemoryKill()) {
    return { detail: OUT_OF_MEMORY, limit: 'memory', isSystemOutOfMemory: true }
  }
  return FOREIGN.includes(signal) ? { detail, isForeign: true } : { detail }
}
