/** `@glovebox/workerd/server`: a Worker that runs programs for remote hosts. */
import { guestRuntime } from '@glovebox/core/guest'
import { serveGuest } from '../serve-guest.ts'
import { RUNTIME_HEADER } from '../wire.ts'
import { acceptSocket, type WorkerLoader } from '../worker-platform.ts'

export type { WorkerLoader }

export interface ServerOptions {
  /** Binding that loads dynamic Workers, from `worker_loaders` of the Worker's configuration. */
  readonly loader: WorkerLoader
  /** Token that hosts must send. At least 16 characters; store it as a secret of the Worker. */
  readonly token: string | undefined
  /** Maximum CPU time of a program in milliseconds, whatever its host allows. Must be positive. Default: no maximum. */
  readonly maxCpuTimeMs?: number | undefined
  /**
   * Returns the name of a new isolate. Names must be unique, because each isolate runs one guest. Default: isolates
   * have no name and are removed with their guest.
   */
  id?(): string
}

const MIN_TOKEN_LENGTH = 16

/** Answers the request of a host that runs one program, with a WebSocket or with an error response. */
export async function serveHost(request: Request, options: ServerOptions): Promise<Response> {
  const { loader, token, maxCpuTimeMs, id } = options
  if (token === undefined || token.length < MIN_TOKEN_LENGTH) {
    return refuse(500, `this Worker has no token: set a secret of at least ${MIN_TOKEN_LENGTH} characters`)
  }
  // NaN, which `Number` returns for a missing variable, would not limit anything.
  if (maxCpuTimeMs !== undefined && !(Number.isFinite(maxCpuTimeMs) && maxCpuTimeMs > 0)) {
    return refuse(500, `\`maxCpuTimeMs\` must be a positive number of milliseconds, not ${String(maxCpuTimeMs)}`)
  }
  const [, shown] = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '') ?? []
  if (shown === undefined || !(await isSame(shown, token)))
    return refuse(401, 'the token is not the one of this Worker')
  if (request.headers.get('upgrade') !== 'websocket') return refuse(426, 'connect with a WebSocket')
  const { response, socket } = acceptSocket({ [RUNTIME_HEADER]: guestRuntime.id })
  serveGuest(socket, {
    loader,
    runtime: guestRuntime,
    maxCpuTimeMs: maxCpuTimeMs ?? Number.POSITIVE_INFINITY,
    ...(id === undefined ? {} : { id }),
  })
  return response
}

const refuse = (status: number, text: string): Response => new Response(text, { status })

/** Compares two strings in constant time, by comparing all bytes of their hashes. */
async function isSame(left: string, right: string): Promise<boolean> {
  const [a, b] = await Promise.all([left, right].map(hash))
  let difference = 0
  for (let at = 0; at < (a as Uint8Array).length; at++)
    difference |= ((a as Uint8Array)[at] ?? 0) ^ ((b as Uint8Array)[at] ?? 0)
  return difference === 0
}

const hash = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
