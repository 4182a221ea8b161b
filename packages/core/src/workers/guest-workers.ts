import type { Guest, GuestInit } from '../contract/adapter.ts'
import { SandboxError } from '../contract/errors.ts'
import { GuestWorker, type GuestWorkerOptions } from './guest-worker.ts'
import { Pool, type PoolOptions } from './pool.ts'

export type GuestWorkersOptions = Omit<GuestWorkerOptions, 'onDead' | 'onRest'> &
  Pick<PoolOptions<GuestWorker>, 'min' | 'max' | 'growAfterMs' | 'idleMs'>

/** Maximum number of attempts to create a guest. An attempt fails if the worker is lost meanwhile. */
const MAX_ATTEMPTS = 20
/** Delay before the second attempt. It doubles for each further attempt. */
const FIRST_DELAY_MS = 5
/** Maximum delay. All attempts take about two seconds, since causes such as a lack of descriptors can be temporary. */
const MAX_DELAY_MS = 100

/** Manages the workers of one adapter: shared workers, and a separate worker for each guest that must be alone. */
export class GuestWorkers implements AsyncDisposable {
  readonly #shared: Pool<GuestWorker>
  readonly #alone: Pool<GuestWorker>

  constructor(options: GuestWorkersOptions) {
    const pool = (size: Pick<PoolOptions<GuestWorker>, 'min' | 'most' | 'growAfterMs'>) => {
      const made: Pool<GuestWorker> = new Pool({
        ...options,
        ...size,
        accepts: (worker) => worker.isOpen,
        create: (signal) => {
          const events = { onDead: (worker: GuestWorker) => made.discard(worker), onRest: () => made.offer() }
          return GuestWorker.start({ ...options, ...events }, signal)
        },
        destroy: (worker) => worker.kill(),
      })
      return made
    }
    this.#shared = pool({ ...options, most: options.capacity })
    this.#alone = pool({ min: 0, most: 1, growAfterMs: 0 })
  }

  /**
   * Starts a guest.
   *
   * @throws `SandboxError` `SANDBOX_UNAVAILABLE` after the last attempt; `SandboxError` `SANDBOX_CLOSED`; the errors of
   *   starting a worker; the signal's reason
   */
  async start(init: GuestInit): Promise<Guest> {
    const pool = init.alone ? this.#alone : this.#shared
    let detail = ''
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (attempt > 0) await this.#backOff(attempt, init.signal)
      const worker = await pool.acquire(init.signal)
      const guest = await worker.makeGuest(init, () => {
        if (worker.isSpent) pool.discard(worker)
        else pool.release(worker)
      })
      if (!('why' in guest)) return guest
      if ('detail' in guest && guest.detail !== undefined) detail = `: ${guest.detail}`
    }
    throw new SandboxError('SANDBOX_UNAVAILABLE', `Cannot start a guest after ${MAX_ATTEMPTS} attempts${detail}`)
  }

  async #backOff(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS))
    })
    signal?.throwIfAborted()
  }

  async close(): Promise<void> {
    await Promise.all([this.#shared.close(), this.#alone.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
