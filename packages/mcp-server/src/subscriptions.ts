import type { ClientRequest } from './client-request.ts'
import type { Connection } from './connection.ts'
import type { PassThrough } from './pass-through.ts'

/** Time for telling a server that a subscription has ended, in milliseconds. */
const END_MS = 5_000

/** Resources to which clients have subscribed. A server is told of the first and of the last client only. */
export class Subscriptions {
  readonly #passThrough: PassThrough
  readonly #onError: (error: unknown) => void
  readonly #subscribers = new Map<string, Set<Connection>>()

  constructor(passThrough: PassThrough, onError: (error: unknown) => void) {
    this.#passThrough = passThrough
    this.#onError = onError
  }

  /** Returns the connections whose clients have subscribed to a resource. */
  of(uri: string): Iterable<Connection> {
    return this.#subscribers.get(uri) ?? []
  }

  /** @throws the server's error, or `ProtocolError` for a resource that no server has */
  async add(uri: string, { connection, signal }: ClientRequest): Promise<void> {
    await this.#passThrough.subscribe(uri, true, signal)
    const subscribers = this.#subscribers.get(uri) ?? new Set()
    this.#subscribers.set(uri, subscribers.add(connection))
  }

  /** @throws the server's error */
  async remove(uri: string, { connection, signal }: ClientRequest): Promise<void> {
    await this.#remove(uri, connection, signal)
  }

  /** Ends the subscriptions of a connection that has ended. */
  end(connection: Connection): void {
    for (const [uri, subscribers] of this.#subscribers)
      if (subscribers.has(connection)) this.#remove(uri, connection, AbortSignal.timeout(END_MS)).catch(this.#onError)
  }

  async #remove(uri: string, connection: Connection, signal: AbortSignal): Promise<void> {
    const subscribers = this.#subscribers.get(uri)
    if (subscribers?.delete(connection) !== true || subscribers.size > 0) return
    this.#subscribers.delete(uri)
    await this.#passThrough.subscribe(uri, false, signal)
  }
}
