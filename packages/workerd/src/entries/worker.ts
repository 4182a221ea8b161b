/** `@glovebox/workerd/worker`: dynamic Workers as sandboxes and Durable Objects as run stores, for hosts in Workers. */
import {
  assertKnownOptions,
  atLeast,
  createSandbox,
  type Guest,
  type GuestExit,
  type GuestInit,
  type Program,
  type RunInit,
  type Sandbox,
} from '@glovebox/core/adapter'
import { exitOf } from '../close-codes.ts'
import { openGuest, sendTurn } from '../guest-socket.ts'
import { COMPATIBILITY_DATE, guestCode } from '../guest-worker.ts'
import type { Platform } from '../platform.ts'
import { PlatformAdapter } from '../platform-adapter.ts'
import { Turns } from '../turn-tracker.ts'
import { formatLoadFailure } from '../wire.ts'
import type { DurableObjectStorage, WorkerLoader, WorkerSocket } from '../worker-platform.ts'

export { durableObjectStore } from '../durable-object-store.ts'
export type { DurableObjectStorage, Platform, Sandbox, WorkerLoader }

export interface WorkerLoaderOptions {
  /** Binding that loads dynamic Workers, from `worker_loaders` of the Worker's configuration. */
  readonly loader: WorkerLoader
  /**
   * Platform on which this Worker runs. Cloudflare's network enforces limits on CPU time and memory. A local workerd
   * does not, so that an endless loop blocks it permanently. Default: `'local'`, which guarantees less.
   *
   * @default 'local'
   */
  readonly platform?: Platform
  /**
   * Maximum number of programs that run at the same time. Further programs wait. Default: 4, the number that Cloudflare
   * allows for each request.
   *
   * @default 4
   */
  readonly maxGuests?: number
  /**
   * Returns the name of a program's isolate. Names must be unique, because each isolate runs one guest. Default:
   * isolates have no name and are removed with their guest.
   */
  id?(program: Program): string
}

const DEFAULT_MAX_GUESTS = 4

/**
 * Creates a sandbox that runs each program in a dynamic Worker. If the platform limits the Workers that a request may
 * load, create one sandbox for each request.
 *
 * @throws `TypeError` if an option is unknown or out of range
 */
export function workerLoader(options: WorkerLoaderOptions): Sandbox {
  assertKnownOptions('workerLoader()', options, ['loader', 'platform', 'maxGuests', 'id'])
  const { loader, platform = 'local', maxGuests = DEFAULT_MAX_GUESTS } = options
  if (typeof loader?.load !== 'function') throw new TypeError('`loader` must be a binding of worker_loaders')
  const adapter = new PlatformAdapter({
    name: 'worker-loader',
    engine: `workerd/${COMPATIBILITY_DATE}`,
    boundary: 'isolate',
    platform,
    maxGuests: atLeast('maxGuests', maxGuests, 1),
    makeGuest: async (init) => new LoadedGuest(init, options),
  })
  // A guest cannot be created before its program is known.
  return createSandbox(adapter, { ready: 0 })
}

class LoadedGuest implements Guest {
  readonly exited: Promise<GuestExit>
  readonly #resolveExited: (exit: GuestExit) => void
  readonly #init: GuestInit
  readonly #options: WorkerLoaderOptions
  readonly #waiting: string[] = []
  #turns: Turns | undefined
  #socket: WorkerSocket | undefined
  #hasExited = false

  constructor(init: GuestInit, options: WorkerLoaderOptions) {
    this.#init = init
    this.#options = options
    const exited = Promise.withResolvers<GuestExit>()
    this.exited = exited.promise
    this.#resolveExited = exited.resolve
  }

  run(init: RunInit): void {
    this.#turns = new Turns(init, { latencyMs: 0, onExit: (exit) => this.#exit(exit) })
    this.send(init.first)
    this.#open(init, this.#turns)
  }

  send(message: string): void {
    if (this.#hasExited) return
    this.#waiting.push(message)
    this.#next()
  }

  async terminate(): Promise<void> {
    this.#exit({ why: 'terminated' })
  }

  async #open({ program, limits }: RunInit, turns: Turns): Promise<void> {
    const { loader, id } = this.#options
    try {
      const { outputBytes: outputLength, cpuTimeMs } = limits
      const code = guestCode({ runtime: this.#init.runtime, program, outputLength, cpuTimeMs })
      const socket = await openGuest(loader, code, id?.(program))
      if (this.#hasExited) return socket.close()
      this.#socket = socket
      socket.addEventListener('message', ({ data }) => {
        if (this.#hasExited) return
        turns.end(data)
        this.#next()
      })
      socket.addEventListener('close', ({ reason }) => this.#exit(exitOf(reason)))
      socket.addEventListener('error', ({ message = '' }) => this.#exit(exitOf(message)))
      this.#next()
    } catch (error) {
      if (this.#hasExited) return
      turns.begin()
      turns.end(formatLoadFailure(error))
    }
  }

  /** Starts the next turn. Turns run one at a time, so that the time of each is known. */
  #next(): void {
    const turns = this.#turns
    if (this.#socket === undefined || turns === undefined || turns.isInTurn) return
    const message = this.#waiting.shift()
    if (message === undefined) return
    turns.begin()
    sendTurn(this.#socket, message)
  }

  #exit(exit: GuestExit): void {
    if (this.#hasExited) return
    this.#hasExited = true
    this.#turns?.stop()
    this.#socket?.close()
    this.#resolveExited(exit)
  }
}
