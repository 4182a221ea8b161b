import { RunError } from '../contract/errors.ts'
import type { Lease, RunStatus, RunStore } from '../contract/run-store.ts'
import { leaseLost } from '../stores/store-helpers.ts'
import { messageOf } from '../values/message-of.ts'
import type { RunEntry } from './run-log.ts'

/** Options for {@link RunWriter}. */
export interface RunWriterOptions {
  readonly store: RunStore
  readonly lease: Lease
  /** Number of entries that the store has. */
  readonly position: number
  /** Status of a run that has ended before. Undefined: it continues. */
  readonly ended: RunStatus | undefined
  /** Duration of the lease in milliseconds. The writer renews it until it is closed. */
  readonly leaseMs: number
}

/**
 * Time after which an entry is written in any case, in milliseconds. The outcome of a call is then usually written
 * together with the next call. If the host ends before, the call counts as one whose outcome is not known.
 */
const DELAY_MS = 2
/** Part of the lease after which it is renewed. */
const RENEW_AT = 1 / 3

/**
 * Writes entries to a store in order, everything that is pending at once. What is written is a prefix of the log at any
 * moment, so a host that ends loses only what had no effect yet: the driver waits for `flush()` before every effect.
 */
export class RunWriter {
  readonly #options: RunWriterOptions
  readonly #renewal: ReturnType<typeof setInterval>
  #pending: RunEntry[] = []
  #position: number
  #soon: ReturnType<typeof setTimeout> | undefined
  #flushing: Promise<void> | undefined
  #failure: RunError | undefined
  #onLost: ((error: RunError) => void) | undefined

  constructor(options: RunWriterOptions) {
    this.#options = options
    this.#position = options.position
    this.#renewal = setInterval(() => void this.#renew(), options.leaseMs * RENEW_AT)
  }

  /** Calls back once with a `RunError` when nothing more can be written. */
  onLost(lost: (error: RunError) => void): void {
    this.#onLost = lost
    if (this.#failure !== undefined) lost(this.#failure)
  }

  add(entry: RunEntry): void {
    this.#pending.push(entry)
    this.#soon ??= setTimeout(() => {
      // `onLost` tells of a failure.
      this.flush().catch(() => {})
    }, DELAY_MS)
  }

  /**
   * Resolves when the store has everything that was added.
   *
   * @throws `RunError`
   */
  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#flushing !== undefined) return this.#flushing.then(() => this.flush())
    clearTimeout(this.#soon)
    this.#soon = undefined
    if (this.#pending.length === 0) return Promise.resolve()
    const flushing = this.#append(this.#pending).finally(() => {
      this.#flushing = undefined
    })
    this.#pending = []
    this.#flushing = flushing
    return flushing
  }

  /** Writes what is left, as far as the store can, and releases the lease. */
  async close(): Promise<void> {
    clearInterval(this.#renewal)
    const { store, lease } = this.#options
    // `onLost` has told of a failed write, and a lease that cannot be released expires.
    await this.flush().catch(() => {})
    await store.release(lease).catch(() => {})
  }

  async #append(entries: readonly RunEntry[]): Promise<void> {
    const { store, lease } = this.#options
    try {
      await store.append(lease, {
        from: this.#position,
        entries: entries.map((entry) => JSON.stringify(entry)),
        ...stateAfter(entries, this.#options.ended),
      })
      this.#position += entries.length
    } catch (error) {
      throw this.#lose(error)
    }
  }

  async #renew(): Promise<void> {
    const { store, lease, leaseMs } = this.#options
    try {
      const renewed = await store.claim(lease.run, { owner: lease.owner, ttlMs: leaseMs })
      if (renewed?.epoch !== lease.epoch) this.#lose(leaseLost(lease.run))
    } catch {
      // The next renewal or append may succeed. If none does, an append fails.
    }
  }

  #lose(error: unknown): RunError {
    if (this.#failure !== undefined) return this.#failure
    const { run } = this.#options.lease
    const failure =
      error instanceof RunError
        ? error
        : new RunError('RUN_STORE_FAILED', `The run ${run} could not be written: ${messageOf(error)}`, { cause: error })
    this.#failure = failure
    clearInterval(this.#renewal)
    this.#onLost?.(failure)
    return failure
  }
}

/** Returns the state of a run after these entries. Once it has ended, it stays so. */
function stateAfter(
  entries: readonly RunEntry[],
  ended: RunStatus | undefined,
): { readonly status: RunStatus; readonly dueAt?: number } {
  const last = entries.at(-1)
  if (ended !== undefined) return { status: ended }
  if (last?.type === 'ended') return { status: last.status }
  if (last?.type !== 'suspended') return { status: 'running' }
  return { status: 'suspended', ...(last.dueAt !== undefined && { dueAt: last.dueAt }) }
}
