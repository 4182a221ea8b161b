/** Time to handle guest messages before yielding to other work of the host, in milliseconds. */
const SLICE_MS = 20

/** Handles what arrives from a guest in order and in time slices: one turn may send hundreds of thousands of messages. */
export class Inbox {
  readonly #pending: (() => void)[] = []
  readonly #elapsed: () => number
  #isDraining = false
  #read: PromiseWithResolvers<void> | undefined

  /** @param elapsed milliseconds since the execution began */
  constructor(elapsed: () => number) {
    this.#elapsed = elapsed
  }

  /** Returns a promise that resolves when everything that has arrived is handled; undefined if it already is. */
  get read(): Promise<void> | undefined {
    return this.#read?.promise
  }

  /** Handles these in order, after everything that arrived before. */
  add(handlers: readonly (() => void)[]): void {
    for (const handle of handlers) this.#pending.push(handle)
    this.#drain()
  }

  #drain(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    const end = this.#elapsed() + SLICE_MS
    let next = 0
    while (next < this.#pending.length && this.#elapsed() < end) this.#pending[next++]?.()
    this.#pending.splice(0, next)
    if (this.#pending.length > 0) {
      this.#read ??= Promise.withResolvers()
      setTimeout(() => {
        this.#isDraining = false
        this.#drain()
      })
    } else {
      this.#isDraining = false
      this.#read?.resolve()
      this.#read = undefined
    }
  }
}
