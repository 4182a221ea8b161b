import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describeStore } from '@glovebox/conformance/store'
import { afterAll, describe, expect, it } from 'vitest'
import { sqliteStore } from '../src/index.ts'

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

describe('sqliteStore()', () => {
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
