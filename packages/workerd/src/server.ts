/** `@glovebox/workerd/server`: the Worker that runs programs for hosts elsewhere. */
import { guestRuntime } from '@glovebox/core/guest'
import { serveGuest } from './serve-guest.ts'
import { RUNTIME_HEADER } from './wire.ts'
import { acceptSocket, type WorkerLoader } from './worker-platform.ts'

export type { WorkerLoader }

export interface ServerOptions {
  /** The binding, as `worker_loaders` of the Worker's configuration names it. */
  readonly loader: WorkerLoader
  /** What hosts must show. At least 16 characters, kept as a secret of the Worker. */
  readonly token: string | undefined
  /** Maximum CPU time of a program in milliseconds, whatever its host allows. Must be positive. Default: no maximum. */
  readonly maxCpuTimeMs?: number | undefined
  /**
   * Names the isolate of each program. A name must never come twice, since an isolate has one guest. Unless told
   * otherwise isolates have no name, and are gone with their guest.
   */
  id?(): string
}

const MIN_TOKEN_LENGTH = 16

/** Answers a host that wants to run one program: with a WebSocket, or with what is wrong. */
export async function serveHost(request: Request, options: ServerOptions): Promise<Response> {
  const { loader, token, maxCpuTimeMs, id } = options
  if (token === undefined || token.length < MIN_TOKEN_LENGTH) {
    return refuse(500, `this Worker has no token: set a secret of at least ${MIN_TOKEN_LENGTH} characters`)
  }
  // NaN, as `Number` gives of a variable that is missing, would bound nothing.
  if (maxCpuTimeMs !== undefined && !(Number.isFinite(maxCpuTimeMs) && maxCpuTimeMs > 0)) {
    return refuse(500, `\`maxCpuTimeMs\` must be a positive number of milliseconds, not ${String(maxCpuTimeMs)}`)
  }
  const [, shown] = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '') ?? []
  if (shown === undefined || !(await isSame(shown, token)))
    return refuse(401, 'the token is not the one of this Worker')
  if (request.headers.get('upgrade') !== 'websocket') return refuse(426, 'hosts connect by WebSocket')
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

/** Takes the same time whatever the two have in common: it compares their hashes to the end. */
async function isSame(left: string, right: string): Promise<boolean> {
  const [a, b] = await Promise.all([left, right].map(hash))
  let difference = 0
  for (let at = 0; at < (a as Uint8Array).length; at++)
    difference |= ((a as Uint8Array)[at] ?? 0) ^ ((b as Uint8Array)[at] ?? 0)
  return difference === 0
}

const hash = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
