import { readFileSync } from 'node:fs'
import type { CarrierDeath } from '@glovebox/core/adapter'

/** Signals that nobody sends itself. */
const FOREIGN: readonly unknown[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']

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

/** Why a process is no more, from how it ended and what it said last. */
export function describeDeath(code: number | null, signal: NodeJS.Signals | null, stderr: string): CarrierDeath {
  const [, fatal] = /^(?:FATAL ERROR|# Fatal .*?): (.*)$/m.exec(stderr) ?? []
  const last = signal === null ? `its process ended with code ${code}` : `its process ended by ${signal}`
  const detail = fatal === undefined ? last : `${last}: ${fatal}`
  if (/out of memory|allocation failed/i.test(stderr)) return { detail, limit: 'memory' }
  return FOREIGN.includes(signal) ? { detail, isForeign: true } : { detail }
}
