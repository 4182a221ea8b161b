import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { guestRuntime } from '@glovebox/core/guest'
import { waitForEnd } from '@glovebox/testing/processes'
import { afterAll, expect, it } from 'vitest'
import { writeFrame } from '../src/frames.ts'
import { packToChild, WATCH } from '../src/messages.ts'

const CHILD = fileURLToPath(new URL('../dist/glovebox-child.cjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'glovebox-child-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Starts a child, sends it the frames, and prints its process id once its guest is in a turn. */
const HOST = `
const { spawn } = require('node:child_process')
const { openSync, readFileSync, readSync } = require('node:fs')
const [frames, status, child, library] = process.argv.slice(1)
const file = openSync(status, 'w+')
const { pid, stdio } = spawn(process.execPath, ['--no-node-snapshot', child, library, '${WATCH}'], {
  stdio: ['ignore', 'ignore', 'inherit', 'pipe', file],
})
stdio[3].resume().write(readFileSync(frames))
const byte = Buffer.alloc(5)
setInterval(() => {
  if (readSync(file, byte, 0, 5, 0) === 5 && byte[4] === 1) console.log(pid + ' ' + byte.readUInt32LE())
}, 20)`

it('reports its memory and ends with its host, also during a built-in that never returns', async () => {
  const [frames, status] = [join(folder, 'frames'), join(folder, 'status')]
  const limits = { cpuTimeMs: 60_000, turnMs: 120_000, outputBytes: 1_000_000 }
  const start = { type: 'start', version: 1, now: 0, seed: [1, 2, 3, 4], limits: {}, namespaces: {} }
  const program = {
    name: 'program.js',
    source: '(async () => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1))',
  }
  const messages = [
    { type: 'boot', runtime: guestRuntime },
    { type: 'make', guest: 1, slot: 0, memoryBytes: 64 * 1024 * 1024, stackBytes: 0 },
    { type: 'run', guest: 1, program, first: JSON.stringify(start), limits },
  ] as const
  writeFileSync(frames, Buffer.concat(messages.map((message) => writeFrame(packToChild(message)))))
  const library = createRequire(import.meta.url).resolve('isolated-vm')
  const host = spawn(process.execPath, ['-e', HOST, frames, status, CHILD, library], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface(host.stdout)
  const [pid, kilobytes] = await new Promise<number[]>((resolve) => {
    lines.once('line', (line) => resolve(line.split(' ').map(Number)))
  })
  expect(kilobytes).toBeGreaterThan(20_000)
  host.kill('SIGKILL')
  try {
    await waitForEnd([pid as number])
  } catch (error) {
    process.kill(pid as number, 'SIGKILL')
    throw error
  }
}, 60_000)
