import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BACKEND_NAMES, BACKENDS, type BackendName } from '@glovebox/backends'
import { type ExecuteResult, memoryStore, type Sandbox } from '@glovebox/core'
import { type Postgres, startPostgres } from '@glovebox/testing/start-postgres'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { driveToEnd, readLedger } from './killed-hosts/drive.ts'
import type { HostOrder } from './killed-hosts/host.ts'
import { PROGRAMS } from './killed-hosts/programs.ts'
import { openStore, type Place } from './killed-hosts/stores.ts'

/** `pnpm proofs` kills hosts at every position. `KILL_SEED` repeats a sample. */
const SAMPLE = Number(process.env.KILL_SAMPLE ?? 8)
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 2 ** 31)
console.log(`killed hosts: KILL_SEED=${SEED} KILL_SAMPLE=${SAMPLE}`)

const HOST = fileURLToPath(new URL('killed-hosts/host.ts', import.meta.url))
const MAX_WAIT_MS = 120_000
/** Number of hosts that run at the same time. */
const CONCURRENT = 2
/** One of this many cases is resumed on another backend than the one that recorded it. */
const MOVED = 8

const folder = mkdtempSync(join(tmpdir(), 'glovebox-killed-'))
const sandboxes = Object.fromEntries(BACKEND_NAMES.map((name) => [name, BACKENDS[name]()])) as Record<
  BackendName,
  Sandbox
>
const postgres: Postgres | string = await startPostgres().catch((error: Error) => error.message)
const STORES: readonly Place['kind'][] = typeof postgres === 'string' ? ['sqlite'] : ['sqlite', 'postgres']
afterAll(async () => {
  if (typeof postgres !== 'string') await postgres[Symbol.asyncDispose]()
  await Promise.all(Object.values(sandboxes).map((sandbox) => sandbox.close()))
  rmSync(folder, { recursive: true })
})

/** A host that is killed, and the backend on which its run continues. */
interface Case extends Pick<HostOrder, 'backend' | 'code' | 'at' | 'when'> {
  readonly title: string
  readonly kind: Place['kind']
  readonly moved: BackendName
}

interface Undisturbed {
  readonly result: unknown
  readonly effects: unknown
  readonly length: number
}

let files = 0
const nextFile = (suffix: string) => join(folder, `${++files}.${suffix}`)
const placeOf = (kind: Place['kind']): Place =>
  kind === 'sqlite' ? { kind, at: nextFile('db') } : { kind, at: (postgres as Postgres).address }

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
        const kind = STORES[chosen % STORES.length] as Place['kind']
        return { title, backend, moved, kind, code, at, when }
      }),
    ),
  )
  return all.sort((a, b) => rank(a.title) - rank(b.title)).slice(0, SAMPLE)
}

/** Starts a host. `ended` resolves to how it ended, and what it said. */
function startHost(order: HostOrder) {
  const child = spawn(process.execPath, [HOST, JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, said }))
  return { child, ended }
}

/** Runs a host until it kills itself. */
async function killHost(order: HostOrder): Promise<void> {
  const { code, signal, said } = await startHost(order).ended
  if (signal !== 'SIGKILL')
    throw new Error(`the host of ${JSON.stringify(order)} ended with ${signal ?? code}\n${said}`)
}

describe('a run whose host is killed', () => {
  const undisturbed = new Map<string, Undisturbed>()
  beforeAll(async () => {
    for (const code of Object.values(PROGRAMS)) undisturbed.set(code, await runUndisturbed(code))
  }, MAX_WAIT_MS)

  it(
    'ends as if nothing had happened, with each effect once',
    async () => {
      const lengths = new Map(
        Object.entries(PROGRAMS).map(([name, code]) => [name, undisturbed.get(code)?.length ?? 0]),
      )
      const cases = casesOf(lengths)
      const turn = pLimit(CONCURRENT)
      const counts = { uncertain: 0, repeated: 0, moved: 0 }
      await Promise.all(
        cases.map((each) =>
          turn(async () => {
            const { title, backend, moved, kind, ...order } = each
            const store = placeOf(kind)
            const run = crypto.randomUUID()
            const ledger = nextFile('ledger')
            await killHost({ ...order, backend, store, run, ledger })
            await using opened = openStore(store)
            const result = await driveToEnd({
              sandbox: sandboxes[moved],
              store: opened.store,
              run,
              code: each.code,
              ledger,
            })
            const entries = (await opened.store.load(run))?.entries ?? []
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
      console.log(
        `${cases.length} hosts killed: ${moved} runs moved to another backend, ${uncertain} calls uncertain, ${repeated} idempotent calls repeated`,
      )
      expect(cases.length).toBeGreaterThan(0)
    },
    MAX_WAIT_MS * Math.min(60, Math.max(1, SAMPLE / 8)),
  )
})

/** Tools that may be called twice with the same key. */
const REPEATABLE = new Set(['set', 'rate', 'echo', 'large'])

describe.each(STORES)('two hosts of one run in %s', (kind) => {
  const code = "return await bank.hold({ to: 'a', amount: 1 })"
  /** A position that no log reaches, so that the host lives. */
  const never = { at: 1_000_000, when: 'after' } as const

  it(
    'make each call once if one is stopped for longer than its lease while a tool runs',
    async () => {
      const store = placeOf(kind)
      const ledger = nextFile('ledger')
      const run = crypto.randomUUID()
      const { child, ended } = startHost({ ...never, backend: 'quickjs', store, run, code, ledger })
      const isOver = ended.then(({ said }) => {
        throw new Error(`the host ended before it was stopped\n${said}`)
      })
      while (readLedger(ledger).length === 0) await Promise.race([sleep(20), isOver])
      isOver.catch(() => {})
      child.kill('SIGSTOP')
      await using opened = openStore(store)
      const result = await driveToEnd({ sandbox: sandboxes.quickjs, store: opened.store, run, code, ledger })
      child.kill('SIGCONT')
      const { said } = await ended
      expect(said).toContain('RUN_LEASE_LOST')
      expect(result).toMatchObject({ status: 'succeeded', value: { to: 'a', amount: 1 } })
      expect(readLedger(ledger)).toHaveLength(1)
      const kept = (await opened.store.load(run))?.entries ?? []
      expect(kept.filter((entry) => entry.startsWith('{"type":"settled"'))).toHaveLength(1)
    },
    MAX_WAIT_MS,
  )

  it(
    'make each call once if both begin to go on at the same time',
    async () => {
      const store = placeOf(kind)
      const ledger = nextFile('ledger')
      const run = crypto.randomUUID()
      const waiting = "await bank.wire({ to: 'a', amount: 1 }); return await bank.pay({ to: 'b', amount: 2 })"
      await killHost({ at: 0, when: 'after', backend: 'quickjs', store, run, code: waiting, ledger })
      const order = { ...never, backend: 'quickjs', store, run, code: waiting, ledger } as const
      const ends = await Promise.all([startHost(order).ended, startHost(order).ended])
      expect(ends.map((end) => [end.code, end.said])).toEqual([
        [0, ''],
        [0, ''],
      ])
      expect(readLedger(ledger).map(({ tool }) => tool)).toEqual(['wire', 'pay'])
    },
    MAX_WAIT_MS,
  )
})

it('runs are kept in PostgreSQL', ({ skip }) => {
  if (typeof postgres === 'string') skip(postgres)
  expect(STORES).toContain('postgres')
})

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
