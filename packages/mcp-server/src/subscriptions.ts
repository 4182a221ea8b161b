import type { ClientRequest } from './client-request.ts'
import type { Connection } from './connection.ts'
import type { PassedServer, PassThrough } from './pass-through.ts'

/** Time for telling a server that a subscription has ended, in milliseconds. */
const END_MS = 5_000

/** Clients that have subscribed to a resource, and the server that has it. */
interface Subscription {
  readonly server: PassedServer
  readonly connections: Set<Connection>
}

/** Resources to which clients have subscribed. A server receives the first subscription and the last unsubscription only. */
export class Subscriptions {
  readonly #passThrough: PassThrough
  readonly #onError: (error: unknown) => void
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(passThrough: PassThrough, onError: (error: unknown) => void) {
    this.#passThrough = passThrough
    this.#onError = onError
  }

  /** Returns the connections whose clients have subscribed to a resource. */
  of(uri: string): Iterable<Connection> {
    return this.#subscriptions.get(uri)?.connections ?? []
  }

  /** @throws the server's error, or `ProtocolError` for a resource that no server has */
  async add(uri: string, request: ClientRequest): Promise<void> {
    const server = await this.#passThrough.subscribe(uri, request)
    const subscription = this.#subscriptions.get(uri) ?? { server, connections: new Set() }
    subscription.connections.add(request.connection)
    this.#subscriptions.set(uri, subscription)
    // The client may have gone meanwhile.
    if (request.signal.aborted) this.end(request.connection)
  }

  /** @throws the server's error */
  async remove(uri: string, { connection, signal }: ClientRequest): Promise<void> {
    await this.#remove(uri, connection, signal)
  }

  /** Ends the subscriptions of a connection that has ended. */
  end(connection: Connection): void {
    for (const [uri, { connections }] of this.#subscriptions)
      if (connections.has(connection)) this.#remove(uri, connection, AbortSignal.timeout(END_MS)).catch(this.#onError)
  }

  async #remove(uri: string, connection: Connection, signal: AbortSignal): Promise<void> {
    const { server, connections } = this.#subscriptions.get(uri) ?? {}
    if (server === undefined || connections?.delete(connection) !== true || connections.size > 0) return
    this.#subscriptions.delete(uri)
    await server.relay.unsubscribe(uri, signal)
  }
}
