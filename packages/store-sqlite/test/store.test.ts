import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describeShapeStore, describeStore } from '@glovebox/conformance/store'
import { afterAll, describe, expect, it } from 'vitest'
import { type SqliteStore, sqliteStore } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'glovebox-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const path = () => join(folder, `${files}.db`)
const nextPath = () => {
  files++
  return path()
}

describeStore({
  name: 'sqliteStore()',
  create: async () => sqliteStore(nextPath(), { synchronous: 'normal' }),
  reopen: async () => sqliteStore(path()),
  createBounded: async (maxBytes) => sqliteStore(nextPath(), { maxBytes }),
})

const opened: SqliteStore[] = []
const open = (file: string) => {
  const store = sqliteStore(file)
  opened.push(store)
  return store.shapes
}
describeShapeStore({
  name: 'sqliteStore().shapes',
  create: async () => open(nextPath()),
  reopen: async () => open(path()),
  close: async () => void (await Promise.all(opened.map((store) => store.close()))),
})

describe('sqliteStore()', () => {
  it('adds shapes to a file that has none yet', async () => {
    await using old = sqliteStore(nextPath())
    await old.create({ run: 'run', startedAt: 1, header: 'kept' }, { owner: 'one', ttlMs: 1_000 })
    await old.close()
    const database = new DatabaseSync(path())
    database.exec('DROP TABLE shapes')
    database.close()
    await using store = sqliteStore(path())
    expect(await store.load('run')).toMatchObject({ header: 'kept' })
    expect(await store.shapes.load('ada')).toEqual([])
  })

  it('keeps the shapes of tenants apart, and at most 10,000 of a principal', async () => {
    await using store = sqliteStore(nextPath(), { synchronous: 'normal' })
    const shapes = Array.from({ length: 10_050 }, (_, at) => ({
      server: 'many',
      tool: `tool ${at}`,
      digest: '',
      results: 1,
      shape: true as const,
    }))
    await store.scope('acme').shapes.save('ada', shapes, (_, added) => added)
    expect(await store.scope('acme').shapes.load('ada')).toHaveLength(10_000)
    expect(await store.shapes.load('ada')).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('creates a file that only its owner can read', async () => {
    await using store = sqliteStore(nextPath())
    await store.create({ run: 'run', startedAt: 1, header: '' }, { owner: 'one', ttlMs: 1_000 })
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path() + suffix).mode & 0o077).toBe(0)
  })

  it('refuses a file of another version', () => {
    const database = new DatabaseSync(nextPath())
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => sqliteStore(path())).toThrow('has version 99; this package reads version 1')
  })

  it('refuses a file that is no database', () => {
    expect(() => sqliteStore(import.meta.filename)).toThrow('file is not a database')
  })

  it('refuses unknown and invalid options', () => {
    expect(() => sqliteStore(':memory:', { sync: 'full' } as never)).toThrow('has no option `sync`')
    expect(() => sqliteStore(':memory:', { synchronous: 'off' as never })).toThrow('must be full or normal')
    expect(() => sqliteStore(':memory:', { maxBytes: 0 })).toThrow('must be a positive integer')
  })

  it('is closed twice without harm', async () => {
    const store = sqliteStore(':memory:')
    await store.close()
    await store.close()
    await expect(store.load('run')).rejects.toThrow('not open')
  })
})
