import { closeSync, openSync, readSync } from 'node:fs'

/** Returns the path of the file in which Linux counts the CPU time of a main thread: first field, in nanoseconds. */
const accountOf = (pid: number | undefined): string => `/proc/${pid}/schedstat`

/** Whether the system reports the CPU time of processes. */
export const measuresCpuTime = isReadable(accountOf(process.pid))

/** Reads the CPU time of a process's main thread. It uses elapsed time if the system does not report CPU time. */
export class CpuClock {
  readonly #buffer = Buffer.alloc(64)
  #file: number | undefined

  /** @throws an error of the file system, such as too many open files, but not if the process has just ended */
  constructor(pid: number | undefined) {
    if (!measuresCpuTime) return
    try {
      this.#file = openSync(accountOf(pid), 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

  /** Returns the time so far in milliseconds. */
  now(): number {
    if (this.#file === undefined) return performance.now()
    try {
      const length = readSync(this.#file, this.#buffer, 0, this.#buffer.length, 0)
      return Number.parseInt(this.#buffer.toString('latin1', 0, length), 10) / 1e6
    } catch {
      // The process has just ended.
      return 0
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }
}

function isReadable(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'))
    return true
  } catch {
    return false
  }
}
