import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStore } from '@glovebox/conformance/store'
import type { ExecuteResult, NewRun, StoredRun } from '@glovebox/core'
import { type StartedWorker, startWorker } from '@glovebox/testing/start-worker'
import { durableObjectStore } from '@glovebox/workerd/worker'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callObject, objectStore, runInObject } from './support/object-store.ts'

const WORKER = new URL('./workers/run-store.ts', import.meta.url)
const CLAIM = { owner: 'one', ttlMs: 60_000 }

const folder = mkdtempSync(join(tmpdir(), 'glovebox-objects-'))
const start = () => startWorker(WORKER, {}, { classes: { OBJECTS: 'RunObject' }, folder })
let worker: StartedWorker
beforeAll(async () => {
  worker = await start()
})
afterAll(async () => {
  await worker?.stop()
  rmSync(folder, { recursive: true })
})

let objects = 0
const object = () => new URL(`/${objects}`, worker.url)
const nextObject = () => {
  objects++
  return object()
}
const newRun = (run: string, header = ''): NewRun => ({ run, startedAt: 1, header })

describeStore({
  name: 'durableObjectStore()',
  create: async () => objectStore(nextObject()),
  reopen: async () => objectStore(object()),
  manyRuns: 1_000,
})

describe('durableObjectStore()', () => {
  it('keeps headers and entries that are longer than a row', async () => {
    const store = objectStore(nextObject())
    // 3 bytes for each unit, and pairs at every place where a text could be cut.
    const texts = ['€'.repeat(2_500_001), '😀'.repeat(1_000_000), `a${'😀'.repeat(1_000_000)}`, '']
    const lease = await store.create(newRun('run', texts[0]), CLAIM)
    await store.append(lease, { from: 0, entries: texts, status: 'running' })
    // The platform allows 2 MB; a local workerd allows more.
    const longest = 'SELECT max(length(CAST(text AS BLOB))) < 1900000 AS fits FROM glovebox_texts'
    expect(await callObject(object(), 'sql', [longest])).toEqual([{ fits: 1 }])
    const loaded = (await store.load('run')) as StoredRun
    expect(loaded.header === texts[0]).toBe(true)
    expect(loaded.entries.map((entry, index) => entry === texts[index])).toEqual(texts.map(() => true))
  })

  it('undoes an append of which one entry fails', async () => {
    const store = objectStore(nextObject())
    const lease = await store.create(newRun('run'), CLAIM)
    const conflict = "INSERT INTO glovebox_texts SELECT id, 1, 0, 'in the way' FROM glovebox_runs"
    await callObject(object(), 'sql', [conflict])
    const append = store.append(lease, { from: 0, entries: ['a', 'b'], status: 'succeeded' })
    await expect(append).rejects.toThrow('UNIQUE constraint failed')
    await callObject(object(), 'sql', ['DELETE FROM glovebox_texts WHERE position = 1'])
    expect(await store.load('run')).toMatchObject({ entries: [], summary: { status: 'running' } })
    await store.append(lease, { from: 0, entries: ['a', 'b'], status: 'succeeded' })
    expect((await store.load('run'))?.entries).toEqual(['a', 'b'])
  })

  it('leaves nothing of deleted runs', async () => {
    const store = objectStore(nextObject())
    const lease = await store.create(newRun('run', 'header'), CLAIM)
    await store.append(lease, { from: 0, entries: ['a'], status: 'running' })
    await store.delete('run')
    expect(await callObject(object(), 'sql', ['SELECT * FROM glovebox_texts'])).toEqual([])
  })

  it('keeps runs beside the tables of the object', async () => {
    await callObject(nextObject(), 'sql', ['CREATE TABLE runs (mine TEXT); CREATE TABLE entries (mine TEXT)'])
    const store = objectStore(object())
    await store.create(newRun('run'), CLAIM)
    expect(await store.load('run')).toMatchObject({ summary: { run: 'run' } })
    expect(await callObject(object(), 'sql', ['SELECT * FROM runs'])).toEqual([])
  })

  it('accepts any number of statuses in a filter', async () => {
    const store = objectStore(nextObject())
    await store.create(newRun('run'), CLAIM)
    const status = Array.from({ length: 200 }, () => 'running' as const)
    const listed: string[] = []
    for await (const { run } of store.list({ status })) listed.push(run)
    expect(listed).toEqual(['run'])
  })

  it('refuses tables of another version', async () => {
    const store = objectStore(nextObject())
    await store.load('run')
    await callObject(object(), 'sql', ['UPDATE glovebox_version SET version = 99'])
    await expect(store.load('run')).rejects.toThrow('have version 99; this package reads version 1')
  })

  it('refuses a storage without SQL', () => {
    for (const storage of [undefined, {}, { transactionSync: () => {} }])
      expect(() => durableObjectStore(storage as never)).toThrow('`storage` must be the storage of a Durable Object')
  })

  it('keeps runs and their leases when the platform restarts, and suspended runs are resumed', async () => {
    const store = objectStore(nextObject())
    const lease = await store.create(newRun('run', 'header'), CLAIM)
    await store.append(lease, { from: 0, entries: ['a'], status: 'running' })
    const code = 'return await tools.pay(5)'
    const suspended = await runInObject(object(), 'execute', code, { run: 'suspended' })
    expect(suspended).toMatchObject({ status: 'suspended', pending: [{ tool: 'tools.pay', input: 5 }] })

    await worker.stop()
    worker = await start()
    const restarted = objectStore(object())
    expect(await restarted.load('run')).toMatchObject({ header: 'header', entries: ['a'] })
    expect(await restarted.claim('run', { owner: 'two', ttlMs: 60_000 })).toBeUndefined()
    await restarted.append(lease, { from: 1, entries: ['b'], status: 'succeeded' })
    expect((await restarted.load('run'))?.entries).toEqual(['a', 'b'])

    const { pending } = suspended as Extract<ExecuteResult, { status: 'suspended' }>
    const decisions = pending.map(({ call, digest }) => ({ call, digest, decision: 'allow' }))
    const resumed = await runInObject(object(), 'resume', 'suspended', { decisions })
    expect(resumed).toMatchObject({ status: 'succeeded', value: { paid: 5 } })
  })
})
