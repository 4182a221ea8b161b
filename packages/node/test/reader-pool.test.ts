import { setTimeout as delay } from 'node:timers/promises'
import { ReaderTimeoutError } from '@glovebox/core/program'
import { describe, expect, it } from 'vitest'
import { ReaderPool } from '../src/reader-pool.ts'

/** Nested type assertions: each level doubles the work of the parser of types. */
const ENDLESS = `let q: number;${'<T>('.repeat(60)}x${')'.repeat(60)}`
const never = new AbortController().signal
const read = (pool: ReaderPool, text: string, { signal = never, limitMs = 60_000 } = {}) =>
  pool.run({ kind: 'read', text }, signal, limitMs)

describe('the pool of readers', () => {
  it('ends a text that takes more CPU time than it may', async () => {
    const pool = new ReaderPool()
    await expect(read(pool, ENDLESS, { limitMs: 300 })).rejects.toBeInstanceOf(ReaderTimeoutError)
    expect(await read(pool, 'const a: number = 1')).toHaveProperty('program')
    await pool.close()
  })

  it('rejects with the reason of an abort, before and while a text is read', async () => {
    const pool = new ReaderPool()
    const reason = new Error('no longer needed')
    await expect(read(pool, 'a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const abort = new AbortController()
    const reading = read(pool, ENDLESS, abort)
    setTimeout(() => abort.abort(reason), 300)
    await expect(reading).rejects.toBe(reason)
    await pool.close()
  })

  it('rejects what is being read when it is closed', async () => {
    const pool = new ReaderPool()
    await read(pool, 'const a: number = 1')
    const reading = read(pool, ENDLESS)
    reading.catch(() => {})
    await delay(200)
    await pool.close()
    await expect(reading).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
  })

  it('rejects what waits when it is closed, and starts again with the next text', async () => {
    const pool = new ReaderPool()
    const reading = read(pool, 'const a: number = 1')
    reading.catch(() => {})
    await pool.close()
    await expect(reading).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
    expect(await read(pool, 'const a: number = 1')).toHaveProperty('program')
    await pool.close()
  })

  it('reports a mistake with its place, and reads the next text', async () => {
    const pool = new ReaderPool()
    expect(await read(pool, 'let a: number = ;')).toMatchObject({ mistake: expect.any(String), line: 1, column: 17 })
    expect(await read(pool, 'let a: number = 1;')).toHaveProperty('program')
    await delay(0)
    await pool.close()
  })

  it('checks values by schemas', async () => {
    const pool = new ReaderPool()
    const check = (schema: object, payload: string) =>
      pool.run({ kind: 'check', schema: JSON.stringify(schema), payload }, never, 5_000)
    expect(await check({ type: 'number' }, 'j1')).toEqual({ problems: [] })
    expect(await check({ type: 'number' }, 'j"x"')).toEqual({ problems: ['must be number'] })
    await pool.close()
  })
})
