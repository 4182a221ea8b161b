/** The host's time as a guest is told it: from the wall clock at the start, then never backwards. */
export class Clock {
  readonly #epoch = Date.now()
  readonly #started = performance.now()
  #last = this.#epoch

  /** Milliseconds since the execution began. */
  readonly elapsed = (): number => performance.now() - this.#started

  /** Milliseconds since the epoch, at least as late as `earliest` and as any time told before. */
  tell(earliest = 0): number {
    this.#last = Math.max(this.#last, earliest, this.#epoch + this.elapsed())
    return this.#last
  }
}
