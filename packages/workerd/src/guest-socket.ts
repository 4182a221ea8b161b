import type { WorkerCode, WorkerLoader, WorkerSocket } from './worker-platform.ts'

/**
 * Loads a guest and returns the socket to it.
 *
 * @param id name of the guest's isolate. Each name may be used once. Default: no name.
 * @throws the platform's error if it cannot load the guest, for example because of a syntax error in the program
 */
export async function openGuest(loader: WorkerLoader, code: WorkerCode, id?: string): Promise<WorkerSocket> {
  const worker = id === undefined ? loader.load(code) : loader.get(id, () => code)
  const response = (await worker.getEntrypoint().fetch('http://guest/', { headers: { Upgrade: 'websocket' } })) as {
    readonly webSocket?: WorkerSocket | null
  }
  const socket = response.webSocket
  if (socket === undefined || socket === null)
    throw new Error(`the isolate name ${id} was used before: each guest needs a new name`)
  socket.accept()
  return socket
}

/** Sends a guest its next message, and an empty message that requests the output of the turn. */
export function sendTurn(guest: WorkerSocket, message: string): void {
  guest.send(message)
  guest.send('')
}
