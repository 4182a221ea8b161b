import type { GuestRuntime } from '@glovebox/core/guest'
import { openGuest, sendTurn } from './guest-socket.ts'
import { formatLoadFailure, parseLoad } from './wire.ts'
import type { WorkerLoader, WorkerSocket } from './worker-platform.ts'

export interface ServeOptions {
  readonly loader: WorkerLoader
  readonly runtime: GuestRuntime
  /** Names the isolate of each guest. */
  id?(): string
}

const GUEST_GONE = 1011

/** Serves one guest to a host over its socket, and ends it with that. */
export function serveGuest(host: WorkerSocket, { loader, runtime, id }: ServeOptions): void {
  let opening: Promise<WorkerSocket | undefined> | undefined
  let isOver = false
  const end = (reason: string) => {
    if (isOver) return
    isOver = true
    host.close(GUEST_GONE, reason)
  }

  const open = async (text: unknown): Promise<WorkerSocket | undefined> => {
    try {
      const guest = await openGuest(loader, { runtime, ...parseLoad(text), ...(id === undefined ? {} : { id: id() }) })
      guest.addEventListener('message', ({ data }) => isOver || host.send(data as string))
      guest.addEventListener('close', ({ reason }) => end(`the guest ended: ${reason}`))
      guest.addEventListener('error', ({ message }) => end(`the guest failed: ${message}`))
      if (isOver) guest.close()
      return guest
    } catch (error) {
      host.send(formatLoadFailure(error))
      return undefined
    }
  }

  host.addEventListener('message', ({ data }) => {
    if (opening === undefined) opening = open(data)
    else opening.then((guest) => guest && !isOver && sendTurn(guest, data as string))
  })
  const leave = () => {
    isOver = true
    opening?.then((guest) => guest?.close())
  }
  host.addEventListener('close', leave)
  host.addEventListener('error', leave)
}
