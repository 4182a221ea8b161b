import type { WorkerCode, WorkerLoader, WorkerSocket } from './worker-platform.ts'

/**
 * Loads a guest, and gives the socket to it.
 *
 * @param id names the guest's isolate where the host wants it named. A name may be used once.
 * @throws what the platform throws where it cannot load the guest, an error of the program's syntax included
 */
export async function openGuest(loader: WorkerLoader, code: WorkerCode, id?: string): Promise<WorkerSocket> {
  const worker = id === undefined ? loader.load(code) : loader.get(id, () => code)
  const response = (await worker.getEntrypoint().fetch('http://guest/', { headers: { Upgrade: 'websocket' } })) as {
    readonly webSocket?: WorkerSocket | null
  }
  const socket = response.webSocket
  if (socket === undefined || socket === null) throw new Error(`the isolate named ${id} has had its guest`)
  socket.accept()
  return socket
}

/** Hands a guest its next message, and asks for what it then says. */
export function sendTurn(guest: WorkerSocket, message: string): void {
  guest.send(message)
  guest.send('')
}
