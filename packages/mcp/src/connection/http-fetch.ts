import { setTimeout as delay } from 'node:timers/promises'
import type { FetchLike } from '@modelcontextprotocol/client'
import type { McpHttpOptions } from '../contract/options.ts'

const MAX_WAIT_MS = 30_000
const MAX_REPEATS = 3
const CUT = 'The response ended before its result'

interface Request {
  readonly id: string | number
  readonly method: string
  readonly tool: string | undefined
}

/** Options for {@link httpFetch}. */
export interface HttpFetchOptions extends Pick<McpHttpOptions, 'headers' | 'fetch'> {
  /** Whether a call of a tool can be made twice. */
  isRepeatable(tool: string): boolean
  /** Called with each value of a header that the host gives for one request. */
  onSecret(secret: string): void
  /** Called when the rest of an interrupted response is no longer available. */
  onLost(): void
}

/**
 * Wraps `fetch` for one session: adds the headers of the host, repeats requests that the server was too busy for, and ends
 * requests whose response was cut off.
 */
export function httpFetch({
  headers,
  fetch = globalThis.fetch,
  isRepeatable,
  onSecret,
  onLost,
}: HttpFetchOptions): FetchLike {
  return async (url, init = {}) => {
    const given = new Headers(init.headers)
    if (typeof headers === 'function') {
      // The headers of the transport win, such as the token of an authorization.
      for (const [name, value] of Object.entries(await headers())) {
        onSecret(value)
        if (!given.has(name)) given.set(name, value)
      }
    }
    const request = requestOf(init)
    const isSafe =
      request !== undefined &&
      (request.method !== 'tools/call' || (request.tool !== undefined && isRepeatable(request.tool)))
    for (let repeats = 0; ; repeats++) {
      const response = await fetch(url, { ...init, headers: given })
      const waitMs = isSafe && repeats < MAX_REPEATS ? retryAfterMs(response) : undefined
      if (waitMs === undefined)
        return request === undefined ? watchStream(given, response, onLost) : endCut(request, response)
      await response.body?.cancel()
      await delay(waitMs, undefined, init.signal == null ? {} : { signal: init.signal })
    }
  }
}

function requestOf({ method, body }: RequestInit): Request | undefined {
  if (method !== 'POST' || typeof body !== 'string') return undefined
  try {
    const message = JSON.parse(body)
    if (typeof message?.method !== 'string' || message.id === undefined) return undefined
    return { id: message.id, method: message.method, tool: message.params?.name }
  } catch {
    // Not a message of the protocol, but a request for authorization.
    return undefined
  }
}

/** Returns how long to wait before a request is repeated. Undefined if it should not be. */
function retryAfterMs({ status, headers }: Response): number | undefined {
  const after = headers.get('retry-after')
  if ((status !== 429 && status !== 503) || after === null) return undefined
  const ms = /^\d+$/.test(after.trim()) ? Number(after) * 1_000 : Date.parse(after) - Date.now()
  return ms <= MAX_WAIT_MS ? Math.max(0, ms) : undefined
}

/** A stream that cannot be continued ends the requests that wait for it. */
function watchStream(headers: Headers, response: Response, onLost: () => void): Response {
  if (headers.has('last-event-id') && response.status >= 400 && response.status < 500) onLost()
  return response
}

/**
 * Ends a stream that was cut off with an error for its request, unless it had event ids, with which the SDK continues it.
 * If the result has already arrived, the SDK ignores the error.
 */
function endCut({ id }: Request, response: Response): Response {
  if (response.body === null || !response.headers.get('content-type')?.includes('text/event-stream')) return response
  const reader = response.body.getReader()
  const lines = new EventIds()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await reader.read().catch(() => ({ done: true as const, value: undefined }))
      if (!next.done) {
        lines.add(next.value)
        return controller.enqueue(next.value)
      }
      if (!lines.hasId) {
        const error = { jsonrpc: '2.0', id, error: { code: -32_000, message: CUT } }
        controller.enqueue(new TextEncoder().encode(`\n\ndata: ${JSON.stringify(error)}\n\n`))
      }
      controller.close()
    },
    cancel: (reason) => reader.cancel(reason),
  })
  const { status, statusText, headers } = response
  return new Response(stream, { status, statusText, headers })
}

/** Looks for lines that start with `id:`, whatever their length. */
class EventIds {
  hasId = false
  #start = ''

  add(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (this.hasId) return
      if (byte === 10 || byte === 13) this.#start = ''
      else if (this.#start.length < 3) {
        this.#start += String.fromCharCode(byte)
        this.hasId = this.#start === 'id:'
      }
    }
  }
}
