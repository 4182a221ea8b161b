import type { GuestRuntime } from '@glovebox/core/guest'
import { openGuest, sendTurn } from './guest-socket.ts'
import { formatLoadFailure, GUEST_GONE, parseLoad } from './wire.ts'
import type { WorkerLoader, WorkerSocket } from './worker-platform.ts'

export interface ServeOptions {
  readonly loader: WorkerLoader
  readonly runtime: GuestRuntime
  /** No guest computes for longer, whatever its host allows. Absent where the host measures that itself. */
  readonly maxCpuTimeMs?: number
  /** Names the isolate of each guest. */
  id?(): string
}

/** Serves one guest to a host over its socket, and ends it with that. */
export function serveGuest(host: WorkerSocket, { loader, runtime, maxCpuTimeMs, id }: ServeOptions): void {
  let opening: Promise<WorkerSocket | undefined> | undefined
  let isOver = false
  const stopwatch = new Stopwatch()
  const end = (reason: string) => {
    if (isOver) return
    isOver = true
    // No longer reason fits.
    host.close(GUEST_GONE, reason.slice(0, 100))
  }

  const open = async (text: unknown): Promise<WorkerSocket | undefined> => {
    try {
      const load = parseLoad(text)
      const cpuTimeMs = Math.min(load.cpuTimeMs, maxCpuTimeMs ?? load.cpuTimeMs)
      const guest = await openGuest(loader, {
        ...load,
        runtime,
        cpuTimeMs,
        ...(id === undefined ? {} : { id: id() }),
      })
      guest.addEventListener('message', ({ data }) => {
        if (isOver) return
        host.send(data as string)
        if (maxCpuTimeMs !== undefined && stopwatch.stop() > cpuTimeMs) end('the guest exceeded its CPU time')
      })
      guest.addEventListener('close', ({ reason }) => end(reason))
      guest.addEventListener('error', ({ message }) => end(message ?? ''))
      if (isOver) guest.close()
      return guest
    } catch (error) {
      host.send(formatLoadFailure(error))
      return undefined
    }
  }

  host.addEventListener('message', ({ data }) => {
    if (opening === undefined) {
      opening = open(data)
      return
    }
    opening.then((guest) => {
      if (guest === undefined || isOver) return
      stopwatch.start()
      sendTurn(guest, data as string)
    })
  })
  const leave = () => {
    isOver = true
    opening?.then((guest) => guest?.close())
  }
  host.addEventListener('close', leave)
  host.addEventListener('error', leave)
}

/** How long turns take, as far as the platform's clock shows it: by this a guest of many short turns is found out. */
class Stopwatch {
  #running = 0
  #since = 0
  #totalMs = 0

  start(): void {
    if (this.#running++ === 0) this.#since = Date.now()
  }

  /** Gives the time of all turns so far. */
  stop(): number {
    const now = Date.now()
    this.#totalMs += now - this.#since
    this.#since = now
    this.#running--
    return this.#totalMs
  }
}
