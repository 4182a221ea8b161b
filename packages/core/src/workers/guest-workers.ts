import type { Guest, GuestInit } from '../contract.ts'
import { SandboxError } from '../errors.ts'
import { GuestWorker, type GuestWorkerOptions } from './guest-worker.ts'
import { Pool, type PoolOptions } from './pool.ts'

export type GuestWorkersOptions = Omit<GuestWorkerOptions, 'onDead'> &
  Pick<PoolOptions<GuestWorker>, 'min' | 'max' | 'growAfterMs' | 'idleMs'> & { readonly eager: number }

/** How often a guest is made anew whose worker was lost while it was made. */
const MAX_ATTEMPTS = 20
/** Before the second attempt, doubled for each further one. */
const FIRST_DELAY_MS = 5
/** What makes guests fail may pass, such as a lack of descriptors: all attempts together take about two seconds. */
const MAX_DELAY_MS = 100

/** All workers of one adapter: those that guests share, and one for each guest that must be alone. */
export class GuestWorkers implements AsyncDisposable {
  readonly #shared: Pool<GuestWorker>
  readonly #alone: Pool<GuestWorker>

  constructor(options: GuestWorkersOptions) {
    const pool = (size: Pick<PoolOptions<GuestWorker>, 'min' | 'eager' | 'most' | 'growAfterMs'>) => {
      const made: Pool<GuestWorker> = new Pool({
        ...options,
        ...size,
        accepts: (worker) => worker.isOpen,
        create: (signal) => GuestWorker.start({ ...options, onDead: (worker) => made.discard(worker) }, signal),
        destroy: (worker) => worker.kill(),
      })
      return made
    }
    this.#shared = pool({ ...options, most: options.capacity })
    this.#alone = pool({ min: 0, eager: 1, most: 1, growAfterMs: 0 })
  }

  /** @throws what starting a worker throws; `SandboxError`; the signal's reason */
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
    throw new SandboxError('SANDBOX_UNAVAILABLE', `A guest could not be made in ${MAX_ATTEMPTS} attempts${detail}`)
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
