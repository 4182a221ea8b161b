/** `@glovebox/workerd/remote`: programs on Cloudflare's network, for hosts that keep their tools at home. */
import {
  checkMemoryLimit,
  createSandbox,
  type Guarantees,
  type Guest,
  type GuestExit,
  type GuestInit,
  guestRuntime,
  Pool,
  type PreparedProgram,
  type RunInit,
  type Sandbox,
  type SandboxAdapter,
  SandboxError,
} from '@glovebox/core/adapter'
import { atLeast, ProgramReader } from '@glovebox/node'
import { WebSocket } from 'ws'
import { exitOf } from './ended.ts'
import { checkPlatform, PLATFORM_MEMORY_BYTES, type Platform, platformGuarantees } from './guarantees.ts'
import { Turns } from './turns.ts'
import { formatLoad, GUEST_GONE, RUNTIME_HEADER } from './wire.ts'

export type { Platform, Sandbox }

export interface RemoteOptions {
  /** Of the deployed Worker: `https:` or `wss:`; on this machine `http:` or `ws:` as well. */
  readonly url: string | URL
  /** The secret of the deployed Worker. */
  readonly token: string
  /** Programs at once, a connection each; more wait. 64 unless told otherwise. */
  readonly maxConnections?: number
  /** Connections opened ahead of need. 1 unless told otherwise; 0 opens each when it is asked for. */
  readonly ready?: number
  /** Where the Worker runs, which decides what is promised. Unless told otherwise, `local` for a URL of this machine. */
  readonly platform?: Platform
}

const DEFAULT_MAX_CONNECTIONS = 64

/**
 * A sandbox of dynamic Workers behind a deployed Worker, one connection for each program.
 *
 * @throws `TypeError` for options out of range, and for a URL that would send the token over a network in the clear
 */
export function remote(options: RemoteOptions): Sandbox {
  return createSandbox(new RemoteAdapter(options), { ready: atLeast('ready', options.ready ?? 1, 0) })
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** How long the Worker may take to answer. */
const CONNECT_MS = 30_000
const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 5_000
/** Where the Worker, or its platform, has too much to do at present. */
const BUSY: readonly unknown[] = [429, 503]

class RemoteAdapter implements SandboxAdapter {
  readonly name = 'workerd-remote'
  readonly engine = `workerd-remote/${guestRuntime.id}`
  readonly guarantees: Guarantees
  readonly #url: URL
  readonly #token: string
  readonly #reader = new ProgramReader()
  readonly #slots: Pool<object>
  readonly #guests = new Set<RemoteGuest>()
  #isClosed = false

  constructor({ url, token, maxConnections, platform }: RemoteOptions) {
    this.#url = new URL(url)
    const isHere = LOOPBACK.test(this.#url.hostname)
    this.#url.protocol = this.#url.protocol.replace('http', 'ws')
    if (this.#url.protocol !== 'wss:' && !(isHere && this.#url.protocol === 'ws:')) {
      throw new TypeError(`\`url\` must begin with https: or wss:, not ${new URL(url).protocol}`)
    }
    if (typeof token !== 'string' || token === '')
      throw new TypeError('`token` must be the secret of the deployed Worker')
    this.#token = token
    this.guarantees = {
      boundary: 'remote',
      ...platformGuarantees(checkPlatform(platform ?? (isHere ? 'local' : 'cloudflare'))),
    }
    const max = atLeast('maxConnections', maxConnections ?? DEFAULT_MAX_CONNECTIONS, 1)
    this.#slots = new Pool({
      min: max,
      max,
      growAfterMs: 0,
      idleMs: 0,
      create: async () => ({}),
      destroy: async () => {},
    })
  }

  async start(init: GuestInit): Promise<Guest> {
    if (this.#isClosed) throw new SandboxError('SANDBOX_CLOSED', `The sandbox ${this.name} is closed`)
    // Where none is kept, none is too large.
    if (this.guarantees.memory !== 'none') checkMemoryLimit(this.name, init.memoryBytes, PLATFORM_MEMORY_BYTES)
    const slot = await this.#slots.acquire(init.signal)
    try {
      const guest = new RemoteGuest(await this.#connect(init.signal))
      if (this.#isClosed) guest.terminate()
      this.#guests.add(guest)
      guest.exited.then(() => {
        this.#guests.delete(guest)
        this.#slots.release(slot)
      })
      return guest
    } catch (error) {
      this.#slots.release(slot)
      throw error
    }
  }

  prepare(text: string, signal: AbortSignal): Promise<PreparedProgram> {
    return this.#reader.read(text, signal)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#guests].map((guest) => guest.terminate()))
    await Promise.all([this.#slots.close(), this.#reader.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Where the Worker is busy, tries again and again, for as long as somebody waits. */
  async #connect(signal: AbortSignal | undefined): Promise<WebSocket> {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      const answer = await this.#knock(signal)
      if (answer instanceof WebSocket) return answer
      if (!BUSY.includes(answer.status)) throw this.#unavailable(answer.detail)
      await sleep(delayMs, signal)
    }
  }

  #knock(signal: AbortSignal | undefined): Promise<WebSocket | { status: number; detail: string }> {
    const socket = new WebSocket(this.#url, {
      headers: { authorization: `Bearer ${this.#token}` },
      perMessageDeflate: false,
      handshakeTimeout: CONNECT_MS,
    })
    return new Promise((resolve, reject) => {
      const abandon = () => {
        reject(signal?.reason)
        socket.terminate()
      }
      signal?.addEventListener('abort', abandon, { once: true })
      const settle = (settled: () => void) => {
        signal?.removeEventListener('abort', abandon)
        settled()
      }
      let runtime: unknown
      socket.once('upgrade', (response) => {
        runtime = response.headers[RUNTIME_HEADER]
        // A guest keeps nobody's process alive: an execution that waits holds a timer of its own.
        response.socket.unref()
      })
      socket.once('open', () => {
        if (runtime === guestRuntime.id) return settle(() => resolve(socket))
        socket.terminate()
        const detail = 'it is of another version than this host: deploy it again'
        settle(() => resolve({ status: 101, detail }))
      })
      socket.once('unexpected-response', (_, response) => {
        const status = response.statusCode ?? 0
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text = (text + part).slice(0, 500)
        })
        response.once('close', () => settle(() => resolve({ status, detail: `it answers ${status}: ${text}` })))
        response.resume()
      })
      // After the handshake, the guest listens.
      socket.on('error', (error) => settle(() => resolve({ status: 0, detail: error.message })))
    })
  }

  #unavailable(detail: string): SandboxError {
    return new SandboxError('SANDBOX_UNAVAILABLE', `The Worker at ${this.#url.origin} cannot be used: ${detail}`)
  }
}

/** What a message takes on its way, there and back. */
const LATENCY_MS = 5_000
/** A connection that is cut without a word is noticed by this. */
const HEARTBEAT_MS = 15_000

class RemoteGuest implements Guest {
  readonly exited: Promise<GuestExit>
  readonly #resolveExited: (exit: GuestExit) => void
  readonly #socket: WebSocket
  readonly #heartbeat: ReturnType<typeof setInterval>
  #turns: Turns | undefined
  #isAnswered = true
  #hasExited = false

  constructor(socket: WebSocket) {
    this.#socket = socket
    const exited = Promise.withResolvers<GuestExit>()
    this.exited = exited.promise
    this.#resolveExited = exited.resolve
    socket.on('message', (data) => this.#hasExited || this.#turns?.end(data.toString()))
    socket.on('close', (code, reason) => this.#onClosed(code, reason.toString()))
    socket.on('pong', () => {
      this.#isAnswered = true
    })
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS).unref()
  }

  run(init: RunInit): void {
    const { program, first, limits } = init
    this.#turns = new Turns(init, { latencyMs: LATENCY_MS, onExit: (exit) => this.#exit(exit) })
    const { outputBytes: outputLength, cpuTimeMs } = limits
    this.send(formatLoad({ program, first, outputLength, cpuTimeMs }))
  }

  send(message: string): void {
    if (this.#hasExited) return
    this.#turns?.begin()
    this.#socket.send(message)
  }

  async terminate(): Promise<void> {
    this.#exit({ why: 'terminated' })
  }

  #beat(): void {
    if (!this.#isAnswered) return this.#socket.terminate()
    this.#isAnswered = false
    this.#socket.ping()
  }

  /** Either the guest is gone, or only the way to it: then it is repeated on another. */
  #onClosed(code: number, reason: string): void {
    if (code === GUEST_GONE) return this.#exit(exitOf(reason))
    const running = this.#turns?.isInTurn === true
    this.#exit({ why: 'lost', running, detail: `the connection to the Worker was cut (${code})` })
  }

  #exit(exit: GuestExit): void {
    if (this.#hasExited) return
    this.#hasExited = true
    clearInterval(this.#heartbeat)
    this.#turns?.stop()
    this.#socket.terminate()
    this.#resolveExited(exit)
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abandon = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abandon)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abandon, { once: true })
  })
}
