import type { GuestRuntime } from '@glovebox/core/guest'
import { openGuest, sendTurn } from './guest-socket.ts'
import { guestCode } from './guest-worker.ts'
import { formatLoadFailure, GUEST_GONE, type Load, parseLoad, READY } from './wire.ts'
import type { WorkerCode, WorkerLoader, WorkerSocket } from './worker-platform.ts'

/** Serves a guest to a host. The guest is created immediately and receives its program later. */
export function serveReadyGuest(host: WorkerSocket, loader: WorkerLoader, code: WorkerCode): void {
  const link = new Link(host)
  const opening = openGuest(loader, code).then(
    (guest) => {
      link.join(guest)
      host.send(READY)
      return guest
    },
    (error: Error) => {
      link.end(error.message)
      return undefined
    },
  )
  host.addEventListener('message', ({ data }) => {
    opening.then((guest) => guest && link.send(guest, data as string))
  })
}

export interface ServeOptions {
  readonly loader: WorkerLoader
  readonly runtime: GuestRuntime
  /** Maximum CPU time of a guest in milliseconds, whatever limit the host sets. */
  readonly maxCpuTimeMs: number
  /** Returns the name of a new guest's isolate. Default: isolates have no name. */
  id?(): string
}

/** Serves a guest to a host. The guest is loaded with its program. */
export function serveGuest(host: WorkerSocket, { loader, runtime, maxCpuTimeMs, id }: ServeOptions): void {
  const link = new Link(host)
  let opening: Promise<WorkerSocket | undefined> | undefined
  const open = async (load: Load): Promise<WorkerSocket | undefined> => {
    const cpuTimeMs = Math.min(load.cpuTimeMs, maxCpuTimeMs)
    try {
      const guest = await openGuest(loader, guestCode({ ...load, runtime, cpuTimeMs }), id?.())
      link.join(guest, cpuTimeMs)
      link.send(guest, load.first)
      return guest
    } catch (error) {
      host.send(formatLoadFailure(error))
      return undefined
    }
  }
  host.addEventListener('message', ({ data }) => {
    if (opening !== undefined) return void opening.then((guest) => guest && link.send(guest, data as string))
    try {
      opening = open(parseLoad(data))
    } catch (error) {
      link.end((error as Error).message)
    }
  })
}

/** Connects a host and its guest: it forwards messages, and closes both connections if either closes. */
class Link {
  readonly #host: WorkerSocket
  readonly #stopwatch = new Stopwatch()
  #guest: WorkerSocket | undefined
  #isOver = false

  constructor(host: WorkerSocket) {
    this.#host = host
    host.addEventListener('close', () => this.#leave())
    host.addEventListener('error', () => this.#leave())
  }

  join(guest: WorkerSocket, cpuTimeMs = Number.POSITIVE_INFINITY): void {
    this.#guest = guest
    if (this.#isOver) return guest.close()
    guest.addEventListener('message', ({ data }) => {
      if (this.#isOver) return
      this.#host.send(data as string)
      if (this.#stopwatch.stop() > cpuTimeMs) this.end('the guest exceeded its CPU time')
    })
    guest.addEventListener('close', ({ reason }) => this.end(reason))
    guest.addEventListener('error', ({ message = '' }) => this.end(message))
  }

  send(guest: WorkerSocket, message: string): void {
    if (this.#isOver) return
    this.#stopwatch.start()
    sendTurn(guest, message)
  }

  end(reason: string): void {
    if (this.#isOver) return
    this.#leave()
    // A close reason holds at most 123 bytes (RFC 6455, 5.5).
    this.#host.close(GUEST_GONE, reason.slice(0, 100))
  }

  #leave(): void {
    this.#isOver = true
    this.#guest?.close()
  }
}

/**
 * Measures the total time of turns, as far as the platform's clock shows it. It detects a guest that exceeds its limit
 * with many short turns.
 */
class Stopwatch {
  #running = 0
  #since = 0
  #totalMs = 0

  /** Starts one turn. */
  start(): void {
    if (this.#running++ === 0) this.#since = Date.now()
  }

  /** Ends one turn and returns the time of all turns so far, in milliseconds. */
  stop(): number {
    const now = Date.now()
    this.#totalMs += now - this.#since
    this.#since = now
    this.#running--
    return this.#totalMs
  }
}
