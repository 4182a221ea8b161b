/** `@glovebox/workerd/worker`: programs in dynamic Workers, for hosts that are Workers themselves. */
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
import { exitOf } from './close-codes.ts'
import { openGuest, sendTurn } from './guest-socket.ts'
import { COMPATIBILITY_DATE, guestCode } from './guest-worker.ts'
import type { Platform } from './platform.ts'
import { PlatformAdapter } from './platform-adapter.ts'
import { Turns } from './turn-tracker.ts'
import { formatLoadFailure } from './wire.ts'
import type { WorkerLoader, WorkerSocket } from './worker-platform.ts'

export type { Platform, Sandbox, WorkerLoader }

export interface WorkerLoaderOptions {
  /** The binding, as `worker_loaders` of a Worker's configuration names it. */
  readonly loader: WorkerLoader
  /**
   * Where this Worker runs. On Cloudflare's network the platform keeps limits on CPU time and memory; a local workerd
   * keeps none, so that an endless loop holds it up for good. `local` unless told otherwise: nothing is promised that
   * may not hold.
   */
  readonly platform?: Platform
  /** Programs at once; more wait. 4 unless told otherwise, which is what Cloudflare allows a request. */
  readonly maxGuests?: number
  /**
   * Names the isolate of a program. A name must never come twice, since an isolate has one guest. Unless told
   * otherwise isolates have no name, and are gone with their guest.
   */
  id?(program: Program): string
}

const DEFAULT_MAX_GUESTS = 4

/**
 * A sandbox of dynamic Workers, one for each program. Where the platform counts what a request may load, make one for
 * each request.
 *
 * @throws `TypeError` for options out of range
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
  // A guest is nothing before its program is known.
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

  /** One turn at a time, so that what each takes is known. */
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
