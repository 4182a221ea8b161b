import { once } from 'node:events'
import { type AddressInfo, createServer, connect as netConnect, type Server, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { createCodeMode } from '@glovebox/core'
import type { StartedWorker } from '@glovebox/testing/start-worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { type RemoteOptions, remote } from '../src/entries/remote.ts'
import { startServer, TOKEN } from './support/remote-host.ts'

let worker: StartedWorker
beforeAll(async () => {
  worker = await startServer()
})
afterAll(() => worker?.stop())

/** Proxy between a host and the Worker, which can reject and cut connections. */
class Between implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Responses to the next connections, which are then not forwarded. */
  readonly refusals: string[] = []
  connections = 0

  constructor() {
    this.#server = createServer((socket) => this.#onConnection(socket))
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #onConnection(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {})
    const refusal = this.refusals.shift()
    if (refusal !== undefined) return void socket.end(refusal)
    const onward = netConnect(Number(worker.url.port), worker.url.hostname)
    onward.on('error', () => socket.destroy()).on('close', () => socket.destroy())
    socket.on('close', () => onward.destroy())
    socket.pipe(onward).pipe(socket)
  }
}

async function run(code: string, options: Partial<RemoteOptions>, tools: object = {}) {
  await using sandbox = remote({ url: worker.url, token: TOKEN, ready: 0, ...options })
  await using codeMode = await createCodeMode({ sandbox, tools: tools as never })
  return await codeMode.execute(code)
}

describe('a host of a deployed Worker', () => {
  it('is refused with a wrong token, and the error does not contain the token', async () => {
    const refused = run('return 1', { token: 'a wrong one' })
    await expect(refused).rejects.toMatchObject({ name: 'SandboxError', code: 'SANDBOX_UNAVAILABLE' })
    await expect(refused).rejects.toThrow(/401: the token is not the one of this Worker/)
    await expect(refused).rejects.not.toThrow(/a wrong one/)
  })

  it.each(['ten', '0', '-1', 'Infinity'])(
    'is refused where the CPU time of programs is bounded by %s',
    async (most) => {
      const misconfigured = await startServer({ MAX_CPU_TIME_MS: most })
      try {
        await expect(run('return 1', { url: misconfigured.url })).rejects.toMatchObject({
          code: 'SANDBOX_UNAVAILABLE',
          message: expect.stringContaining('500: `maxCpuTimeMs` must be a positive number of milliseconds, not'),
        })
      } finally {
        await misconfigured.stop()
      }
    },
  )

  it('receives an error if no server is listening', async () => {
    const nobody = run('return 1', { url: 'http://127.0.0.1:9' })
    await expect(nobody).rejects.toThrow(/The Worker at ws:\/\/127.0.0.1:9 cannot be used: .*ECONNREFUSED/)
  })

  it('never sends its token unencrypted over a network', () => {
    expect(() => remote({ url: 'http://example.com', token: TOKEN })).toThrow(/must begin with https: or wss:/)
    expect(() => remote({ url: 'https://example.com', token: '' })).toThrow(/`token` must be the secret/)
  })

  it('has stronger guarantees on Cloudflare than on a local Worker', async () => {
    await using here = remote({ url: worker.url, token: TOKEN })
    await using there = remote({ url: 'https://glovebox.example.workers.dev', token: TOKEN })
    expect(here.guarantees).toMatchObject({ boundary: 'remote', stopsLoops: false, memory: 'none' })
    expect(there.guarantees).toMatchObject({ boundary: 'remote', stopsLoops: true, memory: 'hard' })
  })

  it('retries if the Worker is busy', async () => {
    await using between = new Between()
    const url = await between.listen()
    between.refusals.push(...Array(2).fill('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'))
    expect(await run('return 1', { url })).toMatchObject({ ok: true, value: 1 })
    expect(between.connections).toBe(3)
  })

  it('receives an error with the response of a server that is not the Worker', async () => {
    await using between = new Between()
    const url = await between.listen()
    between.refusals.push('HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found')
    await expect(run('return 1', { url })).rejects.toThrow(/it answers 404: not found/)
  })

  it('shows only scheme, host and port of its URL in errors, and no token', async () => {
    await using between = new Between()
    const address = new URL(await between.listen())
    const secret = `hush-user:hush-pw@${address.host}/hush-path?key=hush-query`
    const page = `GET http://${secret} with Bearer hush-token: ${'x'.repeat(400)} hush-token hush-query`
    const { length } = Buffer.from(page)
    between.refusals.push(`HTTP/1.1 404 Not Found\r\nContent-Length: ${length}\r\n\r\n${page}`)
    const error = await run('return 1', { url: `http://${secret}`, token: 'hush-token' }).catch((reason) => reason)
    expect(error.message).toContain(`The Worker at ws://${address.host} cannot be used: it answers 404: GET`)
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/hus/)
    const wrong = () => remote({ url: 'https://hush-user:hush-pw@example.com:99999/hush', token: TOKEN })
    expect(wrong).toThrow(/`url` must be the URL of the deployed Worker; it is not valid/)
    expect(wrong).not.toThrow(expect.objectContaining({ input: expect.anything() }))
  })

  it('receives an error if the Worker has another version', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    server.on('headers', (headers) => headers.push('glovebox-runtime: another'))
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(run('return 1', { url })).rejects.toThrow(
      /its version differs from this host: deploy the Worker again/,
    )
    server.close()
  })

  it('continues over another connection if one is cut, and calls no tool twice', async () => {
    await using between = new Between()
    const url = await between.listen()
    const made: number[] = []
    const step = async (i: number) => {
      made.push(i)
      if (i === 3 || i === 7) between.cut()
      return i * 2
    }
    const code = 'let sum = 0; for (let i = 0; i < 10; i++) { sum += await tools.step(i); console.log(i) } return sum'
    const result = await run(code, { url }, { step })
    expect(result).toMatchObject({ ok: true, value: 90 })
    expect(made).toEqual(Array.from({ length: 10 }, (_, i) => i))
    expect(result.logs.map(({ text }) => text)).toEqual(made.map(String))
    expect(between.connections).toBe(3)
  })

  it('rejects with SANDBOX_UNAVAILABLE if the Worker can no longer be reached', async () => {
    const between = new Between()
    const url = await between.listen()
    const running = run(
      'await tools.step(); await tools.step(); return 1',
      { url },
      {
        step: async () => {
          await between[Symbol.asyncDispose]()
          return 1
        },
      },
    )
    await expect(running).rejects.toMatchObject({ name: 'SandboxError', code: 'SANDBOX_UNAVAILABLE' })
  })
})
