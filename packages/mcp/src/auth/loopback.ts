import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpError } from '../contract/error.ts'

const PATH = '/callback'
const DONE =
  '<!doctype html><meta charset="utf-8"><title>Glovebox</title><p>You are logged in. You can close this page.'
const REFUSED =
  '<!doctype html><meta charset="utf-8"><title>Glovebox</title><p>The login failed. You can close this page.'

/** Receives the redirect at the end of a login, on a port of this machine (RFC 8252). */
export class LoopbackRedirect {
  readonly #name: string
  readonly #fixedPort: number
  #port: number
  #server: Server | undefined
  /** Receives the parameters of redirects. Returns whether they were expected. */
  #receive: (parameters: URLSearchParams) => boolean = () => false

  /** @param port 0 for a free port */
  constructor(name: string, port: number) {
    this.#name = name
    this.#fixedPort = port
    this.#port = port
  }

  /** Redirect URL. Known after {@link listen}. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}${PATH}`
  }

  /**
   * Opens the port.
   *
   * @param preferred port of an earlier login, which the client was registered with
   * @throws `McpError` `MCP_UNAUTHORIZED` if the port is taken
   */
  async listen(preferred = 0): Promise<void> {
    if (this.#server !== undefined) return
    const wanted = this.#fixedPort === 0 ? preferred : this.#fixedPort
    const server = createServer((request, response) => {
      const url = URL.parse(request.url ?? '/', this.url)
      const isExpected = url?.pathname === PATH && this.#receive(url.searchParams)
      if (!isExpected) return response.writeHead(404, { connection: 'close' }).end()
      const page = url.searchParams.has('error') ? REFUSED : DONE
      return response.writeHead(200, { 'content-type': 'text/html', connection: 'close' }).end(page)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(wanted, '127.0.0.1', resolve)
    }).catch((error: unknown) => {
      throw new McpError(
        'MCP_UNAUTHORIZED',
        `The login for the MCP server ${this.#name} cannot receive its redirect: port ${wanted} is not free`,
        { cause: error },
      )
    })
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /**
   * Resolves to the parameters of the first redirect with this state. Others are answered and ignored.
   *
   * @throws `McpError` `MCP_UNAUTHORIZED` after `timeoutMs`, or the signal's reason
   */
  async wait(state: string, timeoutMs: number, signal: AbortSignal): Promise<URLSearchParams> {
    await this.listen()
    const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>()
    const late = setTimeout(() => {
      reject(
        new McpError('MCP_UNAUTHORIZED', `The login for the MCP server ${this.#name} took more than ${timeoutMs} ms`),
      )
    }, timeoutMs)
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#receive = (parameters) => {
      if (parameters.get('state') !== state) return false
      resolve(parameters)
      return true
    }
    try {
      signal.throwIfAborted()
      return await promise
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', abort)
      this.close()
    }
  }

  close(): void {
    this.#server?.close()
    // The page of the last redirect is still being sent.
    this.#server?.closeIdleConnections()
    this.#server = undefined
    this.#receive = () => false
  }
}
