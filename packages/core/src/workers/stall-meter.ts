/**
 * Measures how long a process has been owing an answer without computing, as one does that is stopped, swapped out or
 * deadlocked. Fed by the host's ticks, so that a host that was held up itself adds no more than one of them.
 */
export class StallMeter {
  readonly #readCpuTime: () => number | undefined
  #cpuTimeMs: number | undefined
  #stalledMs = 0

  /** @param readCpuTime what the process has computed so far, in ms; undefined where the system does not tell */
  constructor(readCpuTime: () => number | undefined) {
    this.#readCpuTime = readCpuTime
  }

  /** Since the process last computed, or was last heard. Stays 0 where its CPU time is unknown. */
  get stalledMs(): number {
    return this.#stalledMs
  }

  /** Starts again: the process has answered, or owed nothing until now. */
  reset(): void {
    this.#stalledMs = 0
  }

  /** @returns whether the process has computed since the last tick, which is assumed where its CPU time is unknown */
  tick(passedMs: number): boolean {
    const before = this.#cpuTimeMs
    this.#cpuTimeMs = this.#readCpuTime()
    const isStalled = before !== undefined && this.#cpuTimeMs === before
    this.#stalledMs = isStalled ? this.#stalledMs + passedMs : 0
    return !isStalled
  }
}
