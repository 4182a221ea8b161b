/** Ends an attempt after a time in which no person is waited for. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #isPaused: () => boolean
  #leftMs: number
  #timer: ReturnType<typeof setTimeout>

  constructor(ms: number, isPaused: () => boolean) {
    this.#isPaused = isPaused
    this.#leftMs = ms
    this.#timer = this.#wait()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #wait(): ReturnType<typeof setTimeout> {
    const ms = Math.min(this.#leftMs, 1_000)
    return setTimeout(() => {
      if (!this.#isPaused()) this.#leftMs -= ms
      if (this.#leftMs <= 0) this.#controller.abort(new Error('The time is over'))
      else this.#timer = this.#wait()
    }, ms)
  }
}
