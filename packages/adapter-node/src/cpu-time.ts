import { readFileSync } from 'node:fs'

/**
 * Returns the CPU time of a process's main thread so far, in milliseconds, or undefined if the system does not report
 * it or the process has ended. Linux keeps it in nanoseconds (`/proc/<pid>/schedstat`, first field).
 */
export function mainThreadTimeMsOf(pid: number | undefined): number | undefined {
  if (process.platform !== 'linux' || pid === undefined) return undefined
  try {
    return Number.parseInt(readFileSync(`/proc/${pid}/schedstat`, 'latin1'), 10) / 1e6
  } catch {
    // The process has just ended, or the kernel does not keep this count.
    return undefined
  }
}
