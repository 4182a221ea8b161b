import { readFileSync } from 'node:fs'
import type { WorkerExit } from '@glovebox/core/adapter'
import { claimMemoryKill } from './memory-kills.ts'
import { shortageOf, shortageReason } from './system-shortage.ts'

/** Signals that come from outside: a worker process never sends them to itself while its host runs. */
const FOREIGN: readonly unknown[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']

/** Shortages that no guest can cause. A process that ends because of one is not the fault of its guests. */
const SHARED_SHORTAGES: readonly unknown[] = ['EMFILE', 'ENFILE', 'EAGAIN']
/** Texts of V8 and, with `is_heap_oom`, of isolated-vm about a failed allocation. */
const OUT_OF_MEMORY_TEXT = /out of memory|allocation failed|is_heap_oom/i
const OUT_OF_MEMORY = 'the system, or its container, ran out of memory and killed its process'

/**
 * Returns the resident memory of a process in bytes, or undefined if the system does not report it. It is read from
 * outside, because a busy process cannot report it.
 */
export function residentBytesOf(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    // The process has just ended.
    return undefined
  }
}

/** Unit of CPU time in `/proc/<pid>/stat`, in milliseconds, on all Linux platforms that Node supports. */
const CLOCK_TICK_MS = 10

/**
 * Returns the CPU time of a process so far, for all its threads together, in milliseconds and in steps of 10 ms.
 * Returns undefined if the system does not report it; a count of 0 is treated as not reported.
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
    // The process has just ended, or no file can be opened at present.
    return undefined
  }
}

/** Describes why a process ended, from its exit code, its signal and the end of its standard error output. */
export function describeExit(code: number | null, signal: NodeJS.Signals | null, stderr: string): WorkerExit {
  const [, fatal] = /^(?:FATAL ERROR|# Fatal .*?): (.*)$/m.exec(stderr) ?? []
  const last = signal === null ? `its process ended with code ${code}` : `its process ended by ${signal}`
  const detail = fatal === undefined ? last : `${last}: ${fatal}`
  if (OUT_OF_MEMORY_TEXT.test(stderr)) return { detail, limit: 'memory' }
  if (SHARED_SHORTAGES.includes(shortageOf(stderr))) {
    return { detail: `${last}: ${shortageReason(stderr)}`, isForeign: true }
  }
  if (signal === 'SIGKILL' && claimMemoryKill()) {
    return { detail: OUT_OF_MEMORY, limit: 'memory', isSystemOutOfMemory: true }
  }
  return FOREIGN.includes(signal) ? { detail, isForeign: true } : { detail }
}
