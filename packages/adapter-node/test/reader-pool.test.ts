import { setTimeout as delay } from 'node:timers/promises'
import { ReaderTimeoutError } from '@glovebox/core/program'
import { describe, expect, it } from 'vitest'
import { processTree } from '../../../test/support/process-tree.ts'
import { ReaderPool } from '../src/reader-pool.ts'
import { ReaderProcess } from '../src/reader-process.ts'

/** Nested type assertions: each level doubles the work of the parser of types. */
const ENDLESS = `let q: number;${'<T>('.repeat(60)}x${')'.repeat(60)}`
/** Without the shells that watch them. */
const readers = () => processTree().filter(({ command }) => /^\S*node .*reader\.js/.test(command))
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

  it('reads a short text while long ones take for ever', async () => {
    const pool = new ReaderPool()
    const end = new AbortController()
    const long = `${ENDLESS};${'x;'.repeat(20_000)}`
    const readings = [1, 2, 3].map(() => read(pool, long, end))
    for (const reading of readings) reading.catch(() => {})
    expect(await read(pool, 'const a: number = 1')).toHaveProperty('program')
    await delay(600)
    expect(await read(pool, 'const b: number = 1')).toHaveProperty('program')
    // They wait for the processor, which others use: only their own time counts.
    end.abort(new Error('no longer needed'))
    for (const reading of readings) await expect(reading).rejects.toThrow('no longer needed')
    await pool.close()
  })

  it.runIf(process.platform === 'linux')('starts another reader where one is killed before it is up', async () => {
    const pool = new ReaderPool()
    const reading = read(pool, 'const a: number = 1')
    const killed = new Set<number>()
    const killing = setInterval(() => {
      for (const { pid } of readers()) {
        if (killed.size < 3 && !killed.has(pid)) process.kill(pid, 'SIGKILL')
        killed.add(pid)
      }
    }, 5)
    expect(await reading).toHaveProperty('program')
    clearInterval(killing)
    // The last one lives.
    expect(killed.size).toBeGreaterThan(1)
    await pool.close()
  })

  it('takes loading the type stripper for no time of the work', async () => {
    const heard: string[] = []
    const done = Promise.withResolvers<void>()
    const reader = await ReaderProcess.start({
      onUp: () => reader.send({ kind: 'read', text: 'const a = 1' }),
      onLoaded: () => heard.push('loaded'),
      onDone: ({ isTyped }) => {
        heard.push(isTyped ? 'typed' : 'plain')
        if (isTyped) done.resolve()
        else reader.send({ kind: 'read', text: 'const a: number = 1' })
      },
      onDeath: ({ detail }) => done.reject(new Error(detail)),
    })
    await done.promise
    expect(heard).toEqual(['plain', 'loaded', 'typed'])
    await reader.kill()
  })

  it('checks values by schemas', async () => {
    const pool = new ReaderPool()
    const check = (schema: object, payload: string) =>
      pool.run({ kind: 'check', schema: JSON.stringify(schema), payload, side: 'input' }, never, 5_000)
    expect(await check({ type: 'number' }, 'j1')).toEqual({ problems: [] })
    expect(await check({ type: 'number' }, 'j"x"')).toEqual({ problems: ['must be number'] })
    await pool.close()
  })
})
