import type { ReaderJob } from './reader-job.ts'

/**
 * The order of waiting work. Work that never had a slice comes before work that has used one; among the former, short
 * texts come before long ones.
 *
 * Within a lane the newest and the oldest take turns: behind any number of hostile texts a new one waits for one slice, and
 * none waits for ever. See "adaptive LIFO" in B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015.
 */
export class ReaderQueue {
  readonly #short: ReaderJob[] = []
  readonly #long: ReaderJob[] = []
  readonly #slow: ReaderJob[] = []
  #takesNewest = false

  add(job: ReaderJob): void {
    this.#laneOf(job).push(job)
  }

  /** Removes a job that no longer waits for anything. */
  remove(job: ReaderJob): void {
    for (const lane of [this.#short, this.#long, this.#slow]) {
      const index = lane.indexOf(job)
      if (index >= 0) lane.splice(index, 1)
    }
  }

  /**
   * Takes the job that comes next.
   *
   * @param shortOnly leave long and slow work where it is
   */
  take(shortOnly: boolean): ReaderJob | undefined {
    const untried = this.#takeOf(this.#short) ?? (shortOnly ? undefined : this.#takeOf(this.#long))
    return untried ?? (shortOnly ? undefined : this.#slow.shift())
  }

  /** Whether work waits that comes before work that has used its slice. */
  get hasUntried(): boolean {
    return this.#short.length > 0 || this.#long.length > 0
  }

  get isEmpty(): boolean {
    return this.#short.length === 0 && this.#long.length === 0 && this.#slow.length === 0
  }

  /** Empties it. */
  drain(): ReaderJob[] {
    return [...this.#short.splice(0), ...this.#long.splice(0), ...this.#slow.splice(0)]
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
