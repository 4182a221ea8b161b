import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { RunInit } from '@glovebox/core/adapter'
import { guestRuntime } from '@glovebox/core/guest'
import variant from '@jitl/quickjs-wasmfile-release-sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { Engine, type EngineOptions, type Snapshot } from '../src/engine.ts'
import { lowerInitialMemory } from '../src/initial-memory.ts'
import { LOWERED_PAGES } from '../src/memory.ts'
import { readSnapshot, SNAPSHOT_FILE } from '../src/snapshot-file.ts'

const FILE = new URL(`../dist/${SNAPSHOT_FILE}`, import.meta.url)
const MEMORY_BYTES = 128 * 1024 * 1024
const STACK_BYTES = 512 * 1024
const wasm = readFileSync(createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm'))
const origin = { source: guestRuntime.source, wasm }
const PROGRAMS = [
  'return [Math.random(), Date.now(), new Intl.NumberFormat("en-US").format(1234.5), "ä".localeCompare("z")]',
  'console.log(new Map([[1, { a: new URL("https://a.b/c?d=1") }]])); return structuredClone({ x: [1n, new Date(0)] })',
  'return Reflect.ownKeys(globalThis).map(String)',
  'return await tools.echo({ text: "\\u{1F600}".repeat(3000) })',
  'throw new TypeError("x", { cause: [1] })',
  'return crypto.randomUUID() + btoa("x") + new TextEncoder().encode("ü").length',
]
let options: EngineOptions

beforeAll(async () => {
  const module = await WebAssembly.compile(lowerInitialMemory(wasm, LOWERED_PAGES))
  options = { variant, module, initialPages: LOWERED_PAGES, runtime: guestRuntime, now: () => 0 }
})

async function messagesOf(engine: Engine, code: string): Promise<readonly string[]> {
  const guest = await engine.makeGuest(MEMORY_BYTES, STACK_BYTES)
  const messages: string[] = []
  const limits = { messageBytes: 1e6, resultBytes: 1e6, logBytes: 1e6 }
  const start = { type: 'start', version: 1, now: 1e12, seed: [1, 2, 3, 4], limits, namespaces: { tools: ['echo'] } }
  const init: RunInit = {
    program: { name: 'program.js', source: `(async () => {${code}})` },
    first: JSON.stringify(start),
    limits: { cpuTimeMs: 1_000, turnMs: 10_000, outputBytes: 1e7 },
    onOutput: (output) => messages.push(...output),
    onTurn: () => {},
  }
  guest.run({ ...init, onTurn: (_turn, output) => messages.push(...output) })
  return messages
}

describe('the snapshot of the package', () => {
  let snapshot: Snapshot

  beforeAll(async () => {
    snapshot = (await readSnapshot(FILE, origin)) as Snapshot
  })

  it('replaces the first boot', async () => {
    const broken = { ...guestRuntime, source: 'throw new Error("booted")' }
    const engine = new Engine({ ...options, runtime: broken, snapshot })
    expect((await messagesOf(engine, 'return 1')).join()).toBe('{"type":"returned"}\nj1')
    await expect(messagesOf(new Engine({ ...options, runtime: broken }), 'return 1')).rejects.toThrow()
  })

  it('makes guests that do what booted guests do', async () => {
    const [revived, booted] = [new Engine({ ...options, snapshot }), new Engine(options)]
    for (const code of PROGRAMS) {
      const messages = await messagesOf(revived, code)
      expect(messages).toEqual(await messagesOf(booted, code))
      expect(messages.length).toBeGreaterThan(0)
    }
  })

  it('is not used for an instance with other addresses', async () => {
    const functions = snapshot.functions.map((address) => (address + 8) as typeof address)
    const empty = { ...snapshot.memory, pieces: [] }
    const engine = new Engine({ ...options, snapshot: { ...snapshot, functions, memory: empty } })
    expect((await messagesOf(engine, 'return 1')).join()).toBe('{"type":"returned"}\nj1')
  })

  it('is not used for another runtime or engine, or if there is no file', async () => {
    expect(await readSnapshot(FILE, { ...origin, source: 'other' })).toBeUndefined()
    expect(await readSnapshot(FILE, { ...origin, wasm: wasm.subarray(1) })).toBeUndefined()
    expect(await readSnapshot(new URL('./none.bin', FILE), origin)).toBeUndefined()
  })
})
