/**
 * Types for the parts of the Workers platform that this package uses. See https://developers.cloudflare.com/workers.
 */

/** Code and settings of a dynamic Worker. */
export interface WorkerCode {
  readonly compatibilityDate: string
  readonly compatibilityFlags: string[]
  readonly allowExperimental?: boolean
  readonly mainModule: string
  readonly modules: Record<string, string | { readonly text: string }>
  readonly env: object
  readonly globalOutbound: null
  readonly limits?: { readonly cpuMs: number; readonly subRequests: number }
}

/** Binding that loads dynamic Workers. */
export interface WorkerLoader {
  load(code: WorkerCode): WorkerStub
  get(id: string, code: () => WorkerCode): WorkerStub
}

interface WorkerStub {
  getEntrypoint(): { fetch(url: string, init: { headers: Record<string, string> }): Promise<object> }
}

/**
 * The part of a Durable Object's storage that `durableObjectStore()` uses: `ctx.storage` of an object whose class has
 * SQLite storage.
 */
export interface DurableObjectStorage {
  readonly sql: {
    /** Runs statements, the last of them with the values. */
    exec(statements: string, ...values: (string | number | null)[]): { toArray(): unknown[] }
  }
  /** Runs a function in a transaction, which is undone if the function throws. */
  transactionSync<Result>(run: () => Result): Result
}

/** One end of a `WebSocketPair`. */
export interface WorkerSocket {
  accept(): void
  send(text: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
  addEventListener(type: 'error', listener: (event: { readonly message?: string }) => void): void
}

declare const WebSocketPair: new () => { readonly 0: WorkerSocket; readonly 1: WorkerSocket }

/** Accepts a WebSocket request. Returns the response to send and this side's socket. */
export function acceptSocket(headers: Record<string, string> = {}): { response: Response; socket: WorkerSocket } {
  const { 0: theirs, 1: socket } = new WebSocketPair()
  socket.accept()
  const init = { status: 101, webSocket: theirs, headers }
  return { response: new Response(null, init), socket }
}
