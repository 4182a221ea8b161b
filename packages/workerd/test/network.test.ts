import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type StartedWorker, startWorker } from '@glovebox/testing/start-worker'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { workerdAdapter } from '../src/adapter.ts'
import { formatLoad, parseFrame } from '../src/wire.ts'
import { OPEN_RUNTIME, probe } from './workers/probe.ts'

const OUTPUT = 1_000_000
/** Minimum number of ways out that the probe tries, and of modules that it imports. */
const WAYS_OUT = 12
const BUILT_IN_MODULES = 50
const LIMITS = { cpuTimeMs: 10_000, turnMs: 20_000, outputBytes: OUTPUT }

/** Modules that can be imported. The other ways out and the canary show that they give no network access. */
const PRESENT = /^import (?:cloudflare:\w+|node:process)$/

function expectSealed(report: string): void {
  const found = Object.entries(JSON.parse(report) as Record<string, string>)
  expect(found.length).toBeGreaterThan(WAYS_OUT + BUILT_IN_MODULES)
  for (const [name, outcome] of found) {
    if (!PRESENT.test(name))
      expect(`${name}: ${outcome}`).toMatch(/: (?:refused|error$|close$|undefined$|nothing came$)/)
  }
}

describe('a guest whose runtime removes nothing', () => {
  let seen: string[]
  let canary: Server
  let port: number
  let worker: StartedWorker

  beforeAll(async () => {
    canary = createServer((socket) => {
      seen.push(`${socket.remotePort}`)
      socket.on('error', () => {}).destroy()
    })
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
    port = (canary.address() as AddressInfo).port
    worker = await startWorker(new URL('./workers/network.ts', import.meta.url))
  })
  beforeEach(() => {
    seen = []
  })
  afterAll(async () => {
    canary.close()
    await worker?.stop()
  })

  it('would be noticed if it connected to the canary', async () => {
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
    expect(seen.length).toBeGreaterThan(0)
  })

  it('reaches no network in a local workerd', async () => {
    await using adapter = workerdAdapter({ min: 1, max: 1, guestsPerProcess: 1 })
    const guest = await adapter.start({
      runtime: OPEN_RUNTIME,
      memoryBytes: 64 * 1024 * 1024,
      stackBytes: 1,
      alone: false,
    })
    const report = await new Promise<string>((resolve) => {
      guest.run({
        program: probe('127.0.0.1', port),
        first: 'start',
        limits: LIMITS,
        onOutput: ([text]) => resolve(text as string),
        onTurn: () => setTimeout(() => guest.send('poll'), 100),
      })
    })
    await guest.terminate()
    expectSealed(report)
    expect(seen).toEqual([])
  })

  it('reaches no network in a Worker that loads its guests', async () => {
    const response = await fetch(new URL(`/?host=127.0.0.1&port=${port}`, worker.url))
    expectSealed(await response.text())
    expect(seen).toEqual([])
  })

  it('reaches no network in a Worker that serves remote hosts', async () => {
    const socket = new WebSocket(worker.url.href.replace('http', 'ws'))
    await new Promise((resolve) => socket.once('open', resolve))
    const load = { program: probe('127.0.0.1', port), first: 'start', outputLength: OUTPUT, cpuTimeMs: 10_000 }
    socket.send(formatLoad(load))
    const report = await new Promise<string>((resolve) => {
      socket.on('message', async (data) => {
        const frame = parseFrame(data.toString())
        const [text] = frame.type === 'turn' ? frame.messages : []
        if (text !== undefined) return resolve(text)
        await delay(100)
        socket.send('poll')
      })
    })
    socket.terminate()
    expectSealed(report)
    expect(seen).toEqual([])
  })
})
