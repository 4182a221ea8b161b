import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { assertKnownOptions } from '@glovebox/core/framework'
import { getRequestListener } from '@hono/node-server'
import {
  type AuthInfo,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server'
import type { McpService } from './serve-mcp.ts'

/** Options for {@link listenHttp}. */
export interface HttpServerOptions {
  /**
   * Port on the loopback interface.
   *
   * @default 0, which chooses a free one
   */
  readonly port?: number
  /** Tokens that clients send as `Authorization: Bearer …`, by the name of the user to whom they belong. At least one. */
  readonly tokens: Readonly<Record<string, string>>
}

/** A service that listens on the loopback interface. */
export interface HttpServer extends AsyncDisposable {
  /** Address for clients, such as `http://127.0.0.1:8080/mcp`. */
  readonly url: string
  /** Stops listening and ends all connections. Idempotent. */
  close(): Promise<void>
}

/** Shortest token, in characters. */
const MIN_TOKEN_LENGTH = 16
/** Time within which a client must have sent its headers, or its whole request, in milliseconds. */
const HEADERS_MS = 10_000
const REQUEST_MS = 60_000
/** Time between two checks of these, in milliseconds. */
const CHECK_MS = 2_000
/** Maximum number of open connections. */
const MAX_CONNECTIONS = 256

/**
 * Serves a code mode over Streamable HTTP on the loopback interface, at `/mcp`. `/health` answers without a token. Requests
 * need a token, and requests of web pages and for other hosts are refused.
 *
 * @throws `TypeError` for invalid options, or the error of a port that is taken
 */
export async function listenHttp(service: McpService, options: HttpServerOptions): Promise<HttpServer> {
  assertKnownOptions('listenHttp()', options, ['port', 'tokens'])
  const { port = 0, tokens } = options ?? {}
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TypeError(`\`port\` must be a number from 0 to 65535; got ${String(port)}`)
  const users = usersOf(tokens)
  const listener = getRequestListener((request) => answer(request, service, users), { overrideGlobalObjects: false })
  const server = createServer({ connectionsCheckingInterval: CHECK_MS }, listener)
  server.headersTimeout = HEADERS_MS
  server.requestTimeout = REQUEST_MS
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }
  const { port: chosen } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${chosen}/mcp`, close, [Symbol.asyncDispose]: close }
}

interface User {
  readonly user: string
  readonly digest: Buffer
}

async function answer(request: Request, service: McpService, users: readonly User[]): Promise<Response> {
  const refused =
    hostHeaderValidationResponse(request, localhostAllowedHostnames()) ??
    originValidationResponse(request, localhostAllowedOrigins())
  if (refused !== undefined) return refused
  const { pathname } = new URL(request.url)
  if (pathname === '/health') return Response.json({ status: 'ok' })
  if (pathname !== '/mcp') return Response.json({ error: 'not_found' }, { status: 404 })
  const authInfo = authenticate(request.headers.get('authorization'), users)
  if (authInfo === undefined)
    return Response.json(
      { error: 'invalid_token', error_description: 'Send the token as `Authorization: Bearer …`' },
      { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } },
    )
  return await service.fetch(request, { authInfo })
}

/** Returns the user of a token. The time does not depend on how much of a token is right. */
function authenticate(header: string | null, users: readonly User[]): AuthInfo | undefined {
  const [, token] = /^Bearer +([^\s]+)$/i.exec(header ?? '') ?? []
  if (token === undefined) return undefined
  const digest = digestOf(token)
  const found = users.filter((each) => timingSafeEqual(each.digest, digest))
  return found[0] && { token: '', clientId: found[0].user, scopes: [] }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** @throws `TypeError` for tokens that no client can send, without a user, or of two users */
function usersOf(tokens: unknown): readonly User[] {
  const entries = typeof tokens === 'object' && tokens !== null && !Array.isArray(tokens) ? Object.entries(tokens) : []
  if (entries.length === 0) throw new TypeError('`tokens` must be an object with a token for each user')
  for (const [user, token] of entries) {
    if (user === '') throw new TypeError('A user in `tokens` needs a name')
    if (typeof token !== 'string' || token.length < MIN_TOKEN_LENGTH || !/^[!-~]+$/.test(token))
      throw new TypeError(`The token of ${user} must have at least ${MIN_TOKEN_LENGTH} visible ASCII characters`)
  }
  if (new Set(entries.map(([, token]) => token)).size < entries.length)
    throw new TypeError('Two users in `tokens` have the same token')
  return entries.map(([user, token]) => ({ user, digest: digestOf(token as string) }))
}
