import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { median } from './stats.ts'

const PING_BYTES = 200
const PINGS = 600
const WARM_UP = 150
/** A child that reads its pipe blocking, and sends back what it reads. */
const ECHO = `const { readSync, writeSync } = require('node:fs')
const buffer = Buffer.alloc(65536)
for (let count; (count = readSync(3, buffer, 0, 65536, null)) > 0; ) writeSync(3, buffer, 0, count)`
const THREAD = `const { parentPort } = require('node:worker_threads')
parentPort.on('message', (message) => parentPort.postMessage(message))`

/** Median round trip of 200 bytes over a pipe to a child that reads blocking, in µs: the least that a call can cost. */
export async function pipeRoundTrip(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ECHO], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
  const pipe = child.stdio[3] as Socket
  const ping = Buffer.alloc(PING_BYTES, 'x')
  const took = await medianTime(async () => {
    pipe.write(ping)
    for (let left = PING_BYTES; left > 0; ) left -= (await once(pipe, 'data'))[0].length
  })
  pipe.destroy()
  await once(child, 'exit')
  return took
}

/** Median round trip of 200 characters to a thread, in µs. */
export async function threadRoundTrip(): Promise<number> {
  const worker = new Worker(THREAD, { eval: true })
  const ping = 'x'.repeat(PING_BYTES)
  const took = await medianTime(async () => {
    worker.postMessage(ping)
    await once(worker, 'message')
  })
  await worker.terminate()
  return took
}

async function medianTime(roundTrip: () => Promise<void>): Promise<number> {
  const times: number[] = []
  for (let index = 0; index < PINGS; index++) {
    const started = performance.now()
    await roundTrip()
    if (index >= WARM_UP) times.push((performance.now() - started) * 1_000)
  }
  return median(times)
}
