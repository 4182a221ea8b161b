/** The clock of one run. It starts at the wall-clock time and never goes backwards. */
export class Clock {
  readonly #epoch = Date.now()
  readonly #started = performance.now()
  readonly #beforeMs: number
  #last: number

  /**
   * @param beforeMs milliseconds that the run took before it was suspended. Default: 0
   * @param last time that the guest received last. Default: none
   */
  constructor(beforeMs = 0, last = 0) {
    this.#beforeMs = beforeMs
    this.#last = last
  }

  /** Milliseconds since the run began, without the time in which it was suspended. */
  readonly elapsed = (): number => this.#beforeMs + performance.now() - this.#started

  /**
   * Returns the time for the guest in milliseconds since the epoch: at least `earliest` and any time returned before.
   */
  tell(earliest = 0): number {
    this.#last = Math.max(this.#last, earliest, this.#epoch + performance.now() - this.#started)
    return this.#last
  }
}
