import { readFileSync } from 'node:fs'

/**
 * The CPU time of a process's main thread so far, in ms; undefined where the system does not report it, and for a process
 * that has ended. Linux keeps it in nanoseconds (`/proc/<pid>/schedstat`, first field).
 */
export function mainThreadTimeMsOf(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined
  try {
    return Number.parseInt(readFileSync(`/proc/${pid}/schedstat`, 'latin1'), 10) / 1e6
  } catch {
    // The process has just ended, or its kernel keeps no such account.
    return undefined
  }
}
