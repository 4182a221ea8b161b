/** The clock of one execution. It starts at the wall-clock time and never goes backwards. */
export class Clock {
  readonly #epoch = Date.now()
  readonly #started = performance.now()
  #last = this.#epoch

  /** Milliseconds since the execution began. */
  readonly elapsed = (): number => performance.now() - this.#started

  /**
   * Returns the time for the guest in milliseconds since the epoch: at least `earliest` and any time returned before.
   */
  tell(earliest = 0): number {
    this.#last = Math.max(this.#last, earliest, this.#epoch + this.elapsed())
    return this.#last
  }
}
