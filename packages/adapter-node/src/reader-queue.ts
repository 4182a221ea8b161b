import type { ReaderJob } from './reader-job.ts'

/**
 * Queue of waiting work. New work comes before work that has used a slice, and short new texts come before long ones. Of
 * the work that has used a slice, the one with the least CPU time comes first.
 *
 * New work is taken alternately from the newest and the oldest end of its lane: a new text waits for one slice behind
 * any number of hostile texts, and no text waits forever. See "adaptive LIFO" in B. Maurer, "Fail at Scale", ACM Queue
 * 13(8), 2015.
 */
export class ReaderQueue {
  readonly #short: ReaderJob[] = []
  readonly #long: ReaderJob[] = []
  readonly #slow: ReaderJob[] = []
  #takesNewest = false

  add(job: ReaderJob): void {
    this.#laneOf(job).push(job)
  }

  /** Removes a job that is no longer needed. */
  remove(job: ReaderJob): void {
    for (const lane of [this.#short, this.#long, this.#slow]) {
      const index = lane.indexOf(job)
      if (index >= 0) lane.splice(index, 1)
    }
  }

  /**
   * Removes and returns the next job.
   *
   * @param shortOnly whether to leave long work, and work that has used a slice, in the queue
   */
  take(shortOnly: boolean): ReaderJob | undefined {
    const untried = this.#takeOf(this.#short) ?? (shortOnly ? undefined : this.#takeOf(this.#long))
    return untried ?? (shortOnly ? undefined : this.#takeSlow())
  }

  /** CPU time of the slow work that has used the least, in milliseconds. Infinity if none waits. */
  get leastSpentMs(): number {
    return Math.min(...this.#slow.map(({ spentMs }) => spentMs))
  }

  /** Whether the queue holds work that has not used a slice yet. */
  get hasUntried(): boolean {
    return this.#short.length > 0 || this.#long.length > 0
  }

  get isEmpty(): boolean {
    return this.#short.length === 0 && this.#long.length === 0 && this.#slow.length === 0
  }

  /** Removes and returns all jobs. */
  drain(): ReaderJob[] {
    return [...this.#short.splice(0), ...this.#long.splice(0), ...this.#slow.splice(0)]
  }

  #takeSlow(): ReaderJob | undefined {
    const least = this.leastSpentMs
    const index = this.#slow.findIndex(({ spentMs }) => spentMs === least)
    return index < 0 ? undefined : this.#slow.splice(index, 1)[0]
  }

  #takeOf(lane: ReaderJob[]): ReaderJob | undefined {
    if (lane.length === 0) return undefined
    this.#takesNewest = !this.#takesNewest
    return this.#takesNewest ? lane.pop() : lane.shift()
  }

  #laneOf(job: ReaderJob): ReaderJob[] {
    if (job.isSlow) return this.#slow
    return job.isShort ? this.#short : this.#long
  }
}
