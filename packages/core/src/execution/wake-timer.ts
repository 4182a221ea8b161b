/** Maximum delay that `setTimeout` supports. A guest that is woken early requests another wake-up. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** The one host timer for all timers of a guest. */
export class WakeTimer {
  readonly #now: () => number
  readonly #onWake: (earliest: number) => void
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Time of the next wake-up that the guest requested, in milliseconds since the epoch. */
  at: number | null = null

  /**
   * @param now time of the guest's clock
   * @param onWake receives the earliest time that the guest may see
   */
  constructor(now: () => number, onWake: (earliest: number) => void) {
    this.#now = now
    this.#onWake = onWake
  }

  /** Sets the timer to the requested time. Called once per turn. */
  arm(): void {
    this.stop()
    const { at } = this
    if (at === null) return
    const delay = Math.min(Math.max(0, Math.ceil(at - this.#now())), MAX_DELAY_MS)
    this.#timer = setTimeout(() => {
      this.at = null
      this.#onWake(delay === MAX_DELAY_MS ? 0 : at)
    }, delay)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
