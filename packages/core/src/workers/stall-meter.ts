/**
 * Measures how long a process has owed a response without using CPU time, because it is stopped, swapped out or
 * deadlocked. The host's ticks advance it, so that a stalled host adds at most one tick.
 */
export class StallMeter {
  readonly #readCpuTime: () => number | undefined
  #cpuTimeMs: number | undefined
  #stalledMs = 0

  /**
   * @param readCpuTime returns the CPU time of the process so far in milliseconds, or undefined if the system does not
   *   report it
   */
  constructor(readCpuTime: () => number | undefined) {
    this.#readCpuTime = readCpuTime
  }

  /** Milliseconds since the process last used CPU time or responded. Stays 0 if its CPU time is unknown. */
  get stalledMs(): number {
    return this.#stalledMs
  }

  /** Restarts the measurement. Called when the process has responded, or begins to owe a response. */
  reset(): void {
    this.#stalledMs = 0
  }

  /** @returns whether the process has used CPU time since the last tick; true if its CPU time is unknown */
  tick(passedMs: number): boolean {
    const before = this.#cpuTimeMs
    this.#cpuTimeMs = this.#readCpuTime()
    const isStalled = before !== undefined && this.#cpuTimeMs === before
    this.#stalledMs = isStalled ? this.#stalledMs + passedMs : 0
    return !isStalled
  }
}
