import {
  type AdapterGuarantees,
  checkMemoryLimit,
  type Guarantees,
  type Guest,
  type GuestInit,
  Pool,
  type SandboxAdapter,
  SandboxError,
} from '@glovebox/core/adapter'
import { checkPlatform, PLATFORM_MEMORY_BYTES, type Platform, platformGuarantees } from './platform.ts'

export interface PlatformAdapterOptions {
  readonly name: string
  readonly engine: string
  readonly boundary: Guarantees['boundary']
  readonly platform: Platform
  /** Maximum number of guests at the same time. Further requests wait. */
  readonly maxGuests: number
  makeGuest(init: GuestInit): Promise<Guest>
  close?(): Promise<void>
}

/** Sandbox adapter for platforms that enforce the limits of guests. It limits their number. */
export class PlatformAdapter implements SandboxAdapter {
  readonly name: string
  readonly engine: string
  readonly guarantees: AdapterGuarantees
  readonly #options: PlatformAdapterOptions
  readonly #slots: Pool<object>
  readonly #guests = new Set<Guest>()
  #isClosed = false

  /** @throws `TypeError` if the platform is unknown */
  constructor(options: PlatformAdapterOptions) {
    this.name = options.name
    this.engine = options.engine
    this.guarantees = { boundary: options.boundary, ...platformGuarantees(checkPlatform(options.platform)) }
    this.#options = options
    this.#slots = new Pool({
      min: options.maxGuests,
      max: options.maxGuests,
      growAfterMs: 0,
      idleMs: 0,
      create: async () => ({}),
      destroy: async () => {},
    })
  }

  async start(init: GuestInit): Promise<Guest> {
    if (this.#isClosed) throw new SandboxError('SANDBOX_CLOSED', `The sandbox ${this.name} is closed`)
    // A platform without a memory limit accepts any value.
    if (this.guarantees.memory !== 'none') checkMemoryLimit(this.name, init.memoryBytes, PLATFORM_MEMORY_BYTES)
    const slot = await this.#slots.acquire(init.signal)
    try {
      const guest = await this.#options.makeGuest(init)
      this.#guests.add(guest)
      guest.exited.then(() => {
        this.#guests.delete(guest)
        this.#slots.release(slot)
      })
      if (this.#isClosed) await guest.terminate()
      return guest
    } catch (error) {
      this.#slots.release(slot)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#guests].map((guest) => guest.terminate()))
    await Promise.all([this.#slots.close(), this.#options.close?.()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
