import { setTimeout as delay } from 'node:timers/promises'
import type { FetchLike } from '@modelcontextprotocol/client'
import type { McpHttpOptions } from '../contract/options.ts'
import { recordToken } from '../contract/response-token.ts'
import { MAX_MESSAGE_BYTES, StreamReader } from './stream-reader.ts'

const MAX_WAIT_MS = 30_000
const MAX_REPEATS = 3
/** Number of attempts after which the SDK no longer continues an interrupted response. */
const MAX_CONTINUATIONS = 2
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
 * Wraps `fetch` for one session: adds the headers of the host, repeats requests that the server was too busy for, ends
 * requests whose response was cut off, and limits the size of responses.
 */
export function httpFetch(options: HttpFetchOptions): FetchLike {
  const { headers, fetch = globalThis.fetch, isRepeatable, onSecret, onLost } = options
  const cancelled = new Set<unknown>()
  let failedContinuations = 0
  return async (url, init = {}) => {
    const given = new Headers(init.headers)
    if (typeof headers === 'function') {
      // The headers of the transport win, such as the token of an authorization.
      for (const [name, value] of Object.entries(await headers())) {
        onSecret(value)
        if (!given.has(name)) given.set(name, value)
      }
    }
    const message = messageOf(init)
    if (message?.method === 'notifications/cancelled') cancelled.add(message.params?.requestId)
    const request = requestOf(message)
    const isSafe =
      request !== undefined &&
      (request.method !== 'tools/call' || (request.tool !== undefined && isRepeatable(request.tool)))
    const isContinuation = given.has('last-event-id')
    for (let repeats = 0; ; repeats++) {
      // A request may be sent again long after it was cancelled, for example when a person has logged in.
      if (request !== undefined && cancelled.has(request.id))
        throw new DOMException('The call is cancelled', 'AbortError')
      let response: Response
      try {
        response = await fetch(url, { ...init, headers: given })
      } catch (error) {
        if (isContinuation && ++failedContinuations >= MAX_CONTINUATIONS) onLost()
        throw error
      }
      const waitMs = isSafe && repeats < MAX_REPEATS ? retryAfterMs(response) : undefined
      if (waitMs === undefined) {
        const { status } = response
        if (isContinuation) {
          failedContinuations = response.ok ? 0 : failedContinuations + 1
          if ((status >= 400 && status < 500) || failedContinuations >= MAX_CONTINUATIONS) onLost()
        }
        const watched = watch(request, response)
        const token = given.get('authorization')?.replace(/^\S+\s+/, '')
        if (token !== undefined) recordToken(watched, token)
        return watched
      }
      await response.body?.cancel()
      await delay(waitMs, undefined, init.signal == null ? {} : { signal: init.signal })
    }
  }
}

interface Message {
  readonly id?: string | number
  readonly method?: unknown
  readonly params?: { readonly name?: string; readonly requestId?: unknown }
}

function messageOf({ method, body }: RequestInit): Message | undefined {
  if (method !== 'POST' || typeof body !== 'string') return undefined
  try {
    return JSON.parse(body) as Message
  } catch {
    // Not a message of the protocol.
    return undefined
  }
}

function requestOf(message: Message | undefined): Request | undefined {
  const { id, method, params } = message ?? {}
  return typeof method === 'string' && id !== undefined ? { id, method, tool: params?.name } : undefined
}

/** Returns how long to wait before a request is repeated. Undefined if it should not be. */
function retryAfterMs({ status, headers }: Response): number | undefined {
  const after = headers.get('retry-after')
  if ((status !== 429 && status !== 503) || after === null) return undefined
  const ms = /^\d+$/.test(after.trim()) ? Number(after) * 1_000 : Date.parse(after) - Date.now()
  return ms <= MAX_WAIT_MS ? Math.max(0, ms) : undefined
}

/**
 * Limits the size of a response. Ends a stream that was cut off with an error for its request, unless it had event ids,
 * with which the SDK continues it. If the result has already arrived, the SDK ignores the error.
 */
function watch(request: Request | undefined, response: Response): Response {
  const { body, status, statusText, headers } = response
  if (body === null || !response.ok) return response
  const isStream = headers.get('content-type')?.includes('text/event-stream') === true
  const reader = body.getReader()
  const parsed = new StreamReader(isStream)
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await reader.read().catch((error: unknown) => {
        if (!isStream) throw error
        return { done: true as const, value: undefined }
      })
      if (!next.done) {
        parsed.add(next.value)
        if (parsed.bytes <= MAX_MESSAGE_BYTES) return controller.enqueue(next.value)
        await reader.cancel()
        return controller.error(new Error(`The server sent a message of more than ${MAX_MESSAGE_BYTES} bytes`))
      }
      if (isStream && request !== undefined && !parsed.hasId) {
        const error = { jsonrpc: '2.0', id: request.id, error: { code: -32_000, message: CUT } }
        controller.enqueue(new TextEncoder().encode(`\n\ndata: ${JSON.stringify(error)}\n\n`))
      }
      controller.close()
    },
    cancel: (reason) => reader.cancel(reason),
  })
  return new Response(stream, { status, statusText, headers })
}
