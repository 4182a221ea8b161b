/** `@glovebox/workerd/remote`: runs programs on Cloudflare's network, while the tools stay in the host. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createProgramReader } from '@glovebox/adapter-node'
import {
  assertKnownOptions,
  atLeast,
  createSandbox,
  cutUrls,
  type Guest,
  type GuestExit,
  guestRuntime,
  KnownSecrets,
  type RunInit,
  redactSecrets,
  type Sandbox,
  SandboxError,
  secretsOfUrl,
} from '@glovebox/core/adapter'
import { WebSocket } from 'ws'
import { exitOf, TOO_LARGE } from '../close-codes.ts'
import type { Platform } from '../platform.ts'
import { PlatformAdapter } from '../platform-adapter.ts'
import { Turns } from '../turn-tracker.ts'
import { formatLoad, GUEST_GONE, RUNTIME_HEADER } from '../wire.ts'

export type { Platform, Sandbox }

export interface RemoteOptions {
  /** URL of the deployed Worker: `https:` or `wss:`. For this machine `http:` and `ws:` are also allowed. */
  readonly url: string | URL
  /** The secret of the deployed Worker. */
  readonly token: string
  /**
   * Maximum number of connections. Each program has its own connection; further programs wait. Default: 64.
   *
   * @default 64
   */
  readonly maxConnections?: number
  /**
   * Number of connections opened ahead of time. With 0, each connection is opened when a program needs it. Default: 1.
   *
   * @default 1
   */
  readonly ready?: number
  /**
   * Platform on which the Worker runs, which determines the guarantees. Default: `'local'` for a URL of this machine,
   * `'cloudflare'` for any other.
   */
  readonly platform?: Platform
}

const DEFAULT_MAX_CONNECTIONS = 64

/**
 * Creates a sandbox that runs programs on a deployed Worker, with one connection for each program.
 *
 * @throws `TypeError` if an option is unknown or out of range, or if the URL would send the token unencrypted over a
 * network
 */
export function remote(options: RemoteOptions): Sandbox {
  assertKnownOptions('remote()', options, ['url', 'token', 'maxConnections', 'ready', 'platform'])
  const { url, token, maxConnections, ready, platform } = options
  // The error of the URL parser would contain the URL.
  if (!URL.canParse(String(url))) throw new TypeError('`url` must be the URL of the deployed Worker; it is not valid')
  const address = new URL(url)
  const isHere = LOOPBACK.test(address.hostname)
  const isSafe = /^(?:https|wss):$/.test(address.protocol) || (isHere && /^(?:http|ws):$/.test(address.protocol))
  if (!isSafe) throw new TypeError(`\`url\` must begin with https: or wss:, not ${address.protocol}`)
  if (typeof token !== 'string' || token === '') {
    throw new TypeError('`token` must be the secret of the deployed Worker')
  }
  address.protocol = address.protocol.replace('http', 'ws')
  const door = new Door(address, token)
  const adapter = new PlatformAdapter({
    name: 'workerd-remote',
    engine: `workerd-remote/${guestRuntime.id}`,
    boundary: 'remote',
    platform: platform ?? (isHere ? 'local' : 'cloudflare'),
    maxGuests: atLeast('maxConnections', maxConnections ?? DEFAULT_MAX_CONNECTIONS, 1),
    makeGuest: async ({ signal }) => new RemoteGuest(await door.open(signal)),
  })
  return createSandbox(adapter, { ready: atLeast('ready', ready ?? 1, 0), reader: createProgramReader() })
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** Time limit of the handshake in milliseconds. */
const CONNECT_MS = 30_000
const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 5_000
/**
 * Number of characters of an error response that are read. More are read than shown, so that a secret is hidden before
 * the end of the shown text could cut it in half.
 */
const MAX_ANSWER_LENGTH = 10_000
const SHOWN_ANSWER_LENGTH = 500
/** Status codes of a Worker or platform that is busy. */
const BUSY: readonly unknown[] = [429, 503]

/** Opens connections to the deployed Worker. */
class Door {
  readonly #url: URL
  readonly #token: string
  readonly #secrets: KnownSecrets

  constructor(url: URL, token: string) {
    this.#url = url
    this.#token = token
    this.#secrets = new KnownSecrets([token, ...secretsOfUrl(url)])
  }

  /**
   * Opens a connection. If the Worker is busy, it retries until the signal is aborted.
   *
   * @throws `SandboxError` `SANDBOX_UNAVAILABLE`; the signal's reason
   */
  async open(signal: AbortSignal | undefined): Promise<WebSocket> {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      const answer = await this.#knock(signal)
      if (answer instanceof WebSocket) return answer
      if (!BUSY.includes(answer.status)) throw this.#unavailable(answer.detail)
      await sleep(delayMs, undefined, { signal }).catch(() => {
        throw signal?.reason
      })
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
        // A guest does not keep the host process alive: an execution that waits holds its own timer.
        response.socket.unref()
      })
      socket.once('open', () => {
        if (runtime === guestRuntime.id) return settle(() => resolve(socket))
        socket.terminate()
        const detail = 'its version differs from this host: deploy the Worker again'
        settle(() => resolve({ status: 101, detail }))
      })
      socket.once('unexpected-response', (_, response) => {
        const status = response.statusCode ?? 0
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text = (text + part).slice(0, MAX_ANSWER_LENGTH)
        })
        response.once('close', () =>
          settle(() =>
            resolve({ status, detail: `it answers ${status}: ${this.#hide(text).slice(0, SHOWN_ANSWER_LENGTH)}` }),
          ),
        )
        response.resume()
      })
      // After the handshake this only keeps errors from being thrown; `close` follows them.
      socket.on('error', (error) => settle(() => resolve({ status: 0, detail: error.message })))
    })
  }

  /** Removes secrets from a text of the server, which may repeat parts of the request. */
  #hide(text: string): string {
    return redactSecrets(cutUrls(this.#secrets.hide(text)))
  }

  #unavailable(detail: string): SandboxError {
    return new SandboxError(
      'SANDBOX_UNAVAILABLE',
      `The Worker at ${this.#url.origin} cannot be used: ${this.#hide(detail)}`,
    )
  }
}

/** Maximum round-trip time of a message and its answer, in milliseconds. */
const LATENCY_MS = 5_000
/** Interval of pings in milliseconds, which detect a connection that was cut without a close. */
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

  /** Ends the guest. If only the connection was lost, the run is repeated on another one. */
  #onClosed(code: number, reason: string): void {
    if (code === GUEST_GONE) return this.#exit(exitOf(reason))
    if (code === TOO_LARGE) return this.#exit({ why: 'limit', limit: 'output' })
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
