import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BACKEND_NAMES, BACKENDS, type BackendName } from '@glovebox/backends'
import { type ExecuteResult, memoryStore, type Sandbox } from '@glovebox/core'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { driveToEnd, readLedger } from './killed-hosts/drive.ts'
import type { HostOrder } from './killed-hosts/host.ts'
import { PROGRAMS } from './killed-hosts/programs.ts'
import { openStore } from './killed-hosts/stores.ts'

/** `pnpm proofs` kills hosts at every position. `KILL_SEED` repeats a sample. */
const SAMPLE = Number(process.env.KILL_SAMPLE ?? 24)
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 2 ** 31)
console.log(`killed hosts: KILL_SEED=${SEED} KILL_SAMPLE=${SAMPLE}`)

const HOST = fileURLToPath(new URL('killed-hosts/host.ts', import.meta.url))
const MAX_WAIT_MS = 120_000
/** Number of hosts that run at the same time. */
const CONCURRENT = 2
/** Of so many cases, one is resumed on another backend than the one that recorded it. */
const MOVED = 8

const folder = mkdtempSync(join(tmpdir(), 'glovebox-killed-'))
const sandboxes = Object.fromEntries(BACKEND_NAMES.map((name) => [name, BACKENDS[name]()])) as Record<
  BackendName,
  Sandbox
>
afterAll(async () => {
  await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()))
  rmSync(folder, { recursive: true })
})

/** A host that is killed, and the backend on which its run goes on. */
interface Case extends Pick<HostOrder, 'backend' | 'code' | 'at' | 'when'> {
  readonly title: string
  readonly moved: BackendName
}

interface Undisturbed {
  readonly result: unknown
  readonly effects: unknown
  readonly length: number
}

let files = 0
const nextFile = (suffix: string) => join(folder, `${++files}.${suffix}`)

/** The part of a result that is the same in every run. */
const comparable = (result: ExecuteResult) => ({
  status: result.status,
  value: result.ok ? result.value : [result.error.code, result.error.name, result.error.message],
  logs: result.logs.map(({ level, text }) => [level, text]),
  calls: result.calls.map(({ id, tool, outcome, code }) => [id, tool, outcome, code]),
})

/** Effects as sorted texts. A repeated call of an idempotent tool counts once, since it has the same key. */
function effectsOf(ledger: string): { readonly effects: string[]; readonly repeated: string[] } {
  const keys = new Set<string>()
  const effects: string[] = []
  const repeated: string[] = []
  for (const { key, tool, input } of readLedger(ledger)) {
    if (keys.has(key)) repeated.push(tool)
    else effects.push(JSON.stringify([tool, input]))
    keys.add(key)
  }
  return { effects: effects.sort(), repeated }
}

async function runUndisturbed(code: string): Promise<Undisturbed> {
  const store = memoryStore()
  const ledger = nextFile('ledger')
  const result = await driveToEnd({ sandbox: sandboxes.quickjs, store, run: 'run', code, ledger })
  const { entries } = (await store.load('run')) as NonNullable<Awaited<ReturnType<typeof store.load>>>
  return { result: comparable(result), effects: effectsOf(ledger).effects, length: entries.length }
}

const rank = (title: string) => createHash('sha256').update(`${SEED} ${title}`).digest().readUInt32LE()

/** Every position of every program, before and after its entry is in the store; or a sample of these. */
function casesOf(lengths: ReadonlyMap<string, number>): Case[] {
  const all = Object.entries(PROGRAMS).flatMap(([name, code]) =>
    Array.from({ length: lengths.get(name) ?? 0 }, (_, at) => at).flatMap((at) =>
      (['before', 'after'] as const).map((when) => {
        const title = `${name}, ${when} entry ${at}`
        const chosen = rank(title)
        const backend = BACKEND_NAMES[chosen % BACKEND_NAMES.length] as BackendName
        const moved =
          chosen % MOVED === 0 ? (BACKEND_NAMES[(chosen + 1) % BACKEND_NAMES.length] as BackendName) : backend
        return { title, backend, moved, code, at, when }
      }),
    ),
  )
  return all.sort((a, b) => rank(a.title) - rank(b.title)).slice(0, SAMPLE)
}

/** Runs a host until it kills itself. */
async function killHost(order: HostOrder): Promise<void> {
  const child = spawn(process.execPath, [HOST, JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const [code, signal] = await once(child, 'close')
  if (signal !== 'SIGKILL') throw new Error(`the host of ${JSON.stringify(order)} ended with ${signal ?? code}\n${said}`)
}

describe('a run whose host is killed', () => {
  const undisturbed = new Map<string, Undisturbed>()
  beforeAll(async () => {
    for (const code of Object.values(PROGRAMS)) undisturbed.set(code, await runUndisturbed(code))
  }, MAX_WAIT_MS)

  it(
    'ends as if nothing had happened, with each effect once',
    async ({ annotate }) => {
      const lengths = new Map(
        Object.entries(PROGRAMS).map(([name, code]) => [name, undisturbed.get(code)?.length ?? 0]),
      )
      const cases = casesOf(lengths)
      const turn = pLimit(CONCURRENT)
      const counts = { uncertain: 0, repeated: 0, moved: 0 }
      await Promise.all(
        cases.map((each) =>
          turn(async () => {
            const { title, backend, moved, ...order } = each
            const store = { kind: 'sqlite', at: nextFile('db') } as const
            const ledger = nextFile('ledger')
            await killHost({ ...order, backend, store, run: 'run', ledger })
            const opened = openStore(store)
            const result = await driveToEnd({
              sandbox: sandboxes[moved],
              store: opened,
              run: 'run',
              code: each.code,
              ledger,
            })
            const entries = (await opened.load('run'))?.entries ?? []
            await opened.close()
            const expected = undisturbed.get(each.code)
            const { effects, repeated } = effectsOf(ledger)
            expect(comparable(result), title).toEqual(expected?.result)
            expect(effects, title).toEqual(expected?.effects)
            expect(
              repeated.filter((tool) => !REPEATABLE.has(tool)),
              title,
            ).toEqual([])
            counts.uncertain += entries.filter((entry) => entry.startsWith('{"type":"resolved"')).length
            counts.repeated += repeated.length
            if (moved !== backend) counts.moved++
          }),
        ),
      )
      const { uncertain, repeated, moved } = counts
      await annotate(
        `${cases.length} hosts killed: ${moved} runs moved to another backend, ${uncertain} calls uncertain, ${repeated} idempotent calls repeated`,
      )
      expect(cases.length).toBeGreaterThan(0)
    },
    MAX_WAIT_MS * Math.max(1, SAMPLE / 24),
  )
})

/** Tools that may be called twice with the same key. */
const REPEATABLE = new Set(['set', 'rate', 'echo', 'large'])
