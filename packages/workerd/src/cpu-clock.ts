import { closeSync, openSync, readSync } from 'node:fs'

/** A file of the system's that says, first of all, how many nanoseconds a process's main thread has computed. */
const accountOf = (pid: number | undefined): string => `/proc/${pid}/schedstat`

/** Whether the system tells what its processes compute. */
export const measuresCpuTime = isReadable(accountOf(process.pid))

/** What a process has computed, in ms; where the system does not tell, the time of day stands in for it. */
export class CpuClock {
  readonly #buffer = Buffer.alloc(64)
  #file: number | undefined

  /** @throws an error of the file system, such as too many open files; not where the process has just ended */
  constructor(pid: number | undefined) {
    if (!measuresCpuTime) return
    try {
      this.#file = openSync(accountOf(pid), 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

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
