/** Number of reconnections within {@link WINDOW_MS} after which calls fail at once. */
const MAX_RECONNECTIONS = 5
const WINDOW_MS = 60_000
const FIRST_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 30_000

/** Limits how often a lost connection is opened again: with a back-off after failures, and a few times a minute. */
export class ReconnectAttempts {
  /** Times of the latest attempts, in milliseconds since the epoch. */
  #latest: number[] = []
  #failures = 0
  #retryAt = 0

  /** Records an attempt and returns 0, or returns the time until one is allowed, in milliseconds. */
  begin(): number {
    const now = Date.now()
    this.#latest = this.#latest.filter((at) => now - at < WINDOW_MS)
    const [oldest] = this.#latest
    const isTooOften = this.#latest.length >= MAX_RECONNECTIONS && oldest !== undefined
    const waitMs = isTooOften ? oldest + WINDOW_MS - now : this.#retryAt - now
    if (waitMs > 0) return waitMs
    this.#latest.push(now)
    return 0
  }

  succeeded(): void {
    this.#failures = 0
    this.#retryAt = 0
  }

  failed(): void {
    this.#retryAt = Date.now() + Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures++)
  }
}
