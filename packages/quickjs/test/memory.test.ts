import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Engine } from '../src/engine.ts'
import { lowerInitialMemory } from '../src/initial-memory.ts'
import { LOWERED_PAGES, PAGE_BYTES } from '../src/memory.ts'

const wasm = await readFile(createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm'))
const module = await WebAssembly.compile(lowerInitialMemory(wasm, LOWERED_PAGES))

const runtime = {
  id: 'test',
  libraries: {},
  source: `(post) => {
    let program
    return { load: (evaluated) => { program = evaluated }, receive: () => post(String(program())) }
  }`,
}
const SECRET = 'the-secret-of-the-guest-before'
const MEMORY_BYTES = 32 * 1024 * 1024

// The engine seeds its random numbers from the time.
beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
afterEach(() => vi.useRealTimers())

function newEngine(): Engine {
  return new Engine({ variant, module, initialPages: LOWERED_PAGES, runtime, now: () => 0 })
}

async function run(engine: Engine, source: string): Promise<string[]> {
  const guest = await engine.makeGuest(MEMORY_BYTES, 512 * 1024)
  const output: string[] = []
  const limits = { cpuTimeMs: 1_000, turnMs: 1_000, outputBytes: 1_000 }
  guest.run({
    program: { name: 'program.js', source },
    first: '',
    limits,
    onOutput: (messages) => output.push(...messages),
    onTurn: (_, messages) => output.push(...messages),
  })
  engine.retire(guest)
  return output
}

async function memoryOfNextGuest(engine: Engine): Promise<Buffer> {
  const guest = await engine.makeGuest(MEMORY_BYTES, 512 * 1024)
  const memory = guest.end()?.memory
  return Buffer.from((memory as WebAssembly.Memory).buffer)
}

/** Leaves copies of the secret on the heap, and on the stack by recursion. */
const LEAVE_SECRET = (copies: number) => `() => {
  const kept = []
  for (let index = 0; index < ${copies}; index++) kept.push('${SECRET}' + index)
  const recurse = (depth, text) => depth === 0 ? text.length : recurse(depth - 1, text + '!')
  return kept.length + recurse(500, '${SECRET}')
}`

it('a reused memory contains no data of the previous guest', async () => {
  const used = newEngine()
  await run(used, '() => 1')
  expect(await run(used, LEAVE_SECRET(5_000))).toEqual([String(5_000 + SECRET.length + 500)])
  const after = await memoryOfNextGuest(used)

  const unused = newEngine()
  await run(unused, '() => 1')
  const fresh = await memoryOfNextGuest(unused)
  expect(after.includes(SECRET)).toBe(false)
  expect(after.subarray(0, fresh.length).equals(fresh)).toBe(true)
  expect(after.subarray(fresh.length).every((byte) => byte === 0)).toBe(true)
})

it('the memory of a guest with a fault is not reused', async () => {
  const engine = newEngine()
  await run(engine, '() => 1')
  await run(engine, '() => { const kept = []; for (;;) kept.push(new Uint8Array(1_000_000)) }')
  expect((await memoryOfNextGuest(engine)).length).toBe(LOWERED_PAGES * PAGE_BYTES)
})

it('lowerInitialMemory rejects an unknown module', () => {
  const other = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)
  expect(() => lowerInitialMemory(other, LOWERED_PAGES)).toThrow('does not import a memory of 256 pages')
})
