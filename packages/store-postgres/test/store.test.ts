import { describeStore } from '@glovebox/conformance/store'
import type { RunStore } from '@glovebox/core'
import { type Postgres, startPostgres } from '@glovebox/testing/start-postgres'
import { Pool } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../src/index.ts'

const postgres: Postgres | string = await startPostgres().catch((error: Error) => error.message)
const pools: Pool[] = []
function openPool(): Pool {
  const pool = new Pool({ connectionString: (postgres as Postgres).address })
  pools.push(pool)
  return pool
}
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  if (typeof postgres !== 'string') await postgres[Symbol.asyncDispose]()
})

if (typeof postgres === 'string') it('postgresStore() keeps runs', ({ skip }) => skip(postgres))
else
  describeStore({
    name: 'postgresStore()',
    create: async () => postgresStore(openPool()),
    reopen: async () => postgresStore(openPool()),
  })

describe.skipIf(typeof postgres === 'string')('postgresStore()', () => {
  it('creates its tables once, however many hosts begin at the same time', async () => {
    const stores = Array.from({ length: 8 }, () => postgresStore(openPool(), { schema: 'at_once' }))
    const claim = { owner: 'one', ttlMs: 1_000 }
    await Promise.all(stores.map((store, index) => store.create({ run: `${index}`, startedAt: 1, header: '' }, claim)))
    const [first] = stores as [RunStore]
    let listed = 0
    for await (const _ of first.list()) listed++
    expect(listed).toBe(8)
  })

  it('keeps the runs of different schemas apart', async () => {
    const pool = openPool()
    const one = postgresStore(pool, { schema: 'one' })
    await one.create({ run: 'run', startedAt: 1, header: '' }, { owner: 'one', ttlMs: 1_000 })
    expect(await postgresStore(pool, { schema: 'two' }).load('run')).toBeUndefined()
  })

  it('refuses tables of another version', async () => {
    const pool = openPool()
    await postgresStore(pool, { schema: 'newer' }).load('run')
    await pool.query('UPDATE newer.version SET version = 99')
    await expect(postgresStore(pool, { schema: 'newer' }).load('run')).rejects.toThrow(
      'has version 99; this package reads version 1',
    )
  })
})

describe('the options of postgresStore()', () => {
  it('are checked', () => {
    const pool = { query: async () => ({ rows: [], rowCount: 0 }) }
    expect(() => postgresStore(pool, { table: 'runs' } as never)).toThrow('has no option `table`')
    for (const schema of ['', 'a;b', 'A', 'x'.repeat(64)])
      expect(() => postgresStore(pool, { schema })).toThrow('`schema` must be')
  })
})
