import {
  type AdapterGuarantees,
  checkMemoryLimit,
  type Guest,
  type GuestInit,
  type GuestRuntime,
  GuestWorkers,
  type GuestWorkersOptions,
  type MemoryRange,
  type SandboxAdapter,
  SandboxError,
  type WorkerEvents,
  type WorkerLink,
} from '@glovebox/core/adapter'
import { retryShortage } from './system-shortage.ts'

export interface PooledAdapterOptions
  extends Pick<GuestWorkersOptions, 'min' | 'max' | 'eager' | 'capacity' | 'isSerial'> {
  readonly name: string
  readonly engine: string
  readonly guarantees: AdapterGuarantees
  /** Memory limits that the engine supports, in bytes. */
  readonly memoryBytes: MemoryRange
  /** Starts a worker. Called again for about a third of a second if it rejects because of a system shortage. */
  connect(runtime: GuestRuntime, events: WorkerEvents, signal: AbortSignal): Promise<WorkerLink>
}

/**
 * Time that a request waits before another worker starts, in milliseconds. A worker takes 25 to 200 ms to start, and
 * most programs end sooner.
 */
const GROW_AFTER_MS = 25
const IDLE_MS = 30_000

/** Sandbox adapter whose guests share threads or processes from a pool. */
export class PooledAdapter implements SandboxAdapter {
  readonly name: string
  readonly engine: string
  readonly guarantees: AdapterGuarantees
  readonly #options: PooledAdapterOptions
  #workers: GuestWorkers | undefined
  #isClosed = false

  constructor(options: PooledAdapterOptions) {
    this.name = options.name
    this.engine = options.engine
    this.guarantees = options.guarantees
    this.#options = options
  }

  async start(init: GuestInit): Promise<Guest> {
    if (this.#isClosed) throw new SandboxError('SANDBOX_CLOSED', `The sandbox ${this.name} is closed`)
    checkMemoryLimit(this.name, init.memoryBytes, this.#options.memoryBytes)
    this.#workers ??= this.#createWorkers(init.runtime)
    return this.#workers.start(init)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#workers?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #createWorkers(runtime: GuestRuntime): GuestWorkers {
    return new GuestWorkers({
      ...this.#options,
      growAfterMs: GROW_AFTER_MS,
      idleMs: IDLE_MS,
      connect: (events, signal) => retryShortage(() => this.#options.connect(runtime, events, signal), signal),
    })
  }
}
