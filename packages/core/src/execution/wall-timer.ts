/** Limits the wall time of an execution. It stands still while any call waits for a decision. */
export class WallTimer {
  readonly #elapsed: () => number
  readonly #onExpire: () => void
  #leftMs: number
  #startedMs = 0
  #pauses = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param elapsed milliseconds since the execution began, which count */
  constructor(limitMs: number, elapsed: () => number, onExpire: () => void) {
    this.#leftMs = limitMs - elapsed()
    this.#elapsed = elapsed
    this.#onExpire = onExpire
    this.#start()
  }

  /** Milliseconds that are left. */
  get leftMs(): number {
    return this.#pauses > 0 ? this.#leftMs : this.#leftMs - (this.#elapsed() - this.#startedMs)
  }

  pause(): void {
    if (this.#pauses++ > 0) return
    clearTimeout(this.#timer)
    this.#leftMs -= this.#elapsed() - this.#startedMs
  }

  resume(): void {
    if (--this.#pauses === 0) this.#start()
  }

  stop(): void {
    this.#pauses = Number.POSITIVE_INFINITY
    clearTimeout(this.#timer)
  }

  #start(): void {
    this.#startedMs = this.#elapsed()
    this.#timer = setTimeout(this.#onExpire, Math.max(0, this.#leftMs))
  }
}
