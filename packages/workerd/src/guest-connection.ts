import type { RunInit } from '@glovebox/core/adapter'
import { WebSocket } from 'ws'

export interface GuestConnectionEvents {
  onText(text: string): void
  /** Called once, after the last text, with the reason for the close. */
  onClosed(detail: string): void
}

/** Connection to one guest of a local workerd, with the guest's turns and CPU time. */
export class GuestConnection {
  readonly number: number
  readonly slot: number
  limits: RunInit['limits'] | undefined
  turns = 0
  cpuTimeMs = 0
  #socket: WebSocket | undefined

  constructor(number: number, slot: number) {
    this.number = number
    this.slot = slot
  }

  get hasRun(): boolean {
    return this.limits !== undefined
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  /** Opens the connection, which creates the guest. */
  open(socketPath: string, { onText, onClosed }: GuestConnectionEvents): void {
    this.#socket = new WebSocket(`ws+unix://${socketPath}:/`, { perMessageDeflate: false })
    let detail = 'its connection was closed'
    this.#socket
      // A guest does not keep the host process alive: an execution that waits holds its own timer.
      .once('upgrade', (response) => response.socket.unref())
      .on('message', (data) => onText(data.toString()))
      .on('error', (error) => {
        detail = error.message
      })
      .once('close', (_, reason) => onClosed(reason.toString() || detail))
  }

  send(message: string): void {
    this.#socket?.send(message)
  }

  close(): void {
    this.#socket?.terminate()
  }
}
