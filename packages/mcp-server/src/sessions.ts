import { randomUUID } from 'node:crypto'
import { type AuthInfo, WebStandardStreamableHTTPServerTransport as Transport } from '@modelcontextprotocol/server'
import type { Connection } from './connection.ts'

/** Maximum number of sessions of one user. */
const MAX_SESSIONS = 100

interface OpenSession {
  readonly user: string
  readonly connection: Connection
  readonly transport: Transport
  usedAt: number
}

/** Settings of {@link Sessions}. */
export interface SessionsSettings {
  /** Creates the server of a session. */
  create(): Connection
  userOf(authInfo: AuthInfo | undefined): string
}

/** Sessions of clients of the first generation over HTTP. A user has at most a hundred; the one that was idle longest ends. */
export class Sessions {
  readonly #sessions = new Map<string, OpenSession>()
  /** Users whose sessions are being opened, once for each session. */
  readonly #opening: string[] = []
  readonly #settings: SessionsSettings

  constructor(settings: SessionsSettings) {
    this.#settings = settings
  }

  async fetch(request: Request, authInfo: AuthInfo | undefined): Promise<Response> {
    const user = this.#settings.userOf(authInfo)
    const options = authInfo === undefined ? {} : { authInfo }
    const id = request.headers.get('mcp-session-id')
    if (id === null) return await this.#open(user, request, options)
    const session = this.#sessions.get(id)
    // Another user learns nothing about a session.
    if (session?.user !== user) return refusal(404, 'Session not found')
    session.usedAt = Date.now()
    return await session.transport.handleRequest(request, options)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map(({ connection }) => connection.server.close()))
  }

  /** Opens a session for a first request, which must be `initialize`. */
  async #open(user: string, request: Request, options: { readonly authInfo?: AuthInfo }): Promise<Response> {
    if ((await isInitialize(request)) && !(await this.#makeRoom(user))) {
      const response = refusal(503, `There are ${MAX_SESSIONS} busy sessions`)
      response.headers.set('retry-after', '5')
      return response
    }
    this.#opening.push(user)
    try {
      return await this.#connect(user, (transport) => transport.handleRequest(request, options))
    } finally {
      this.#opening.splice(this.#opening.indexOf(user), 1)
    }
  }

  async #connect(user: string, handle: (transport: Transport) => Promise<Response>): Promise<Response> {
    const connection = this.#settings.create()
    const { server } = connection
    const transport: Transport = new Transport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { user, connection, transport, usedAt: Date.now() })
      },
    })
    const { onclose } = server
    server.onclose = () => {
      if (transport.sessionId !== undefined) this.#sessions.delete(transport.sessionId)
      onclose?.()
    }
    await server.connect(transport)
    const response = await handle(transport)
    if (transport.sessionId === undefined || !this.#sessions.has(transport.sessionId)) await server.close()
    return response
  }

  /** Ends the session of a user that was idle longest if there are too many. Returns false if all of them are busy. */
  async #makeRoom(user: string): Promise<boolean> {
    const own = [...this.#sessions.values()].filter((session) => session.user === user)
    const opening = this.#opening.filter((each) => each === user)
    if (own.length + opening.length < MAX_SESSIONS) return true
    const [idlest] = own
      .filter(({ connection }) => connection.openRequests === 0)
      .sort((left, right) => left.usedAt - right.usedAt)
    await idlest?.connection.server.close()
    return idlest !== undefined
  }
}

/** Whether a request opens a session. Its size was checked. */
async function isInitialize(request: Request): Promise<boolean> {
  if (request.method !== 'POST') return false
  const text = await request.clone().text()
  return text.includes('"initialize"')
}

const refusal = (status: number, message: string): Response =>
  Response.json({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null }, { status })
