import { setTimeout as delay } from 'node:timers/promises'
import { ReaderTimeoutError } from '@glovebox/core/program'
import { processTree } from '@glovebox/testing/process-tree'
import { describe, expect, it } from 'vitest'
import { ReaderPool } from '../src/reader-pool.ts'
import { ReaderProcess } from '../src/reader-process.ts'

/** Nested type assertions. Each level doubles the work of the TypeScript parser. */
const ENDLESS = `let q: number;${'<T>('.repeat(60)}x${')'.repeat(60)}`
/** The reader processes, without the shells that watch them. */
const readers = () => processTree().filter(({ command }) => /^\S*node .*reader\.js/.test(command))
const never = new AbortController().signal
const read = (pool: ReaderPool, text: string, { signal = never, limitMs = 60_000 } = {}) =>
  pool.run({ kind: 'read', text }, signal, limitMs)

describe('the pool of readers', () => {
  it('rejects a text that exceeds its CPU time', async () => {
    const pool = new ReaderPool()
    await expect(read(pool, ENDLESS, { limitMs: 300 })).rejects.toBeInstanceOf(ReaderTimeoutError)
    expect(await read(pool, 'const a: number = 1')).toHaveProperty('program')
    await pool.close()
  })

  it('rejects with the abort reason before and while a text is read', async () => {
    const pool = new ReaderPool()
    const reason = new Error('no longer needed')
    await expect(read(pool, 'a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const abort = new AbortController()
    const reading = read(pool, ENDLESS, abort)
    setTimeout(() => abort.abort(reason), 300)
    await expect(reading).rejects.toBe(reason)
    await pool.close()
  })

  it('rejects work in progress when it is closed', async () => {
    const pool = new ReaderPool()
    await read(pool, 'const a: number = 1')
    const reading = read(pool, ENDLESS)
    reading.catch(() => {})
    await delay(200)
    await pool.close()
    await expect(reading).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
  })

  it('rejects waiting work when it is closed, and starts again with the next text', async () => {
    const pool = new ReaderPool()
    const reading = read(pool, 'const a: number = 1')
    reading.catch(() => {})
    await pool.close()
    await expect(reading).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
    expect(await read(pool, 'const a: number = 1')).toHaveProperty('program')
    await pool.close()
  })

  it('reports a syntax error with its position, and reads the next text', async () => {
    const pool = new ReaderPool()
    expect(await read(pool, 'let a: number = ;')).toMatchObject({ mistake: expect.any(String), line: 1, column: 17 })
    expect(await read(pool, 'let a: number = 1;')).toHaveProperty('program')
    await delay(0)
    await pool.close()
  })

  it('reads a short text while long ones never finish', async () => {
    const pool = new ReaderPool()
    const end = new AbortController()
    const long = `${ENDLESS};${'x;'.repeat(20_000)}`
    const readings = [1, 2, 3].map(() => read(pool, long, end))
    for (const reading of readings) reading.catch(() => {})
    expect(await read(pool, 'const a: number = 1')).toHaveProperty('program')
    await delay(600)
    expect(await read(pool, 'const b: number = 1')).toHaveProperty('program')
    // They are still running: time in which they wait for the processor does not count.
    end.abort(new Error('no longer needed'))
    for (const reading of readings) await expect(reading).rejects.toThrow('no longer needed')
    await pool.close()
  })

  it('reads a text that was slow once while others never finish', async () => {
    const pool = new ReaderPool()
    await read(pool, 'const a: number = 1')
    const nested = (depth: number) => `let q: number;${'<T>('.repeat(depth)}x${')'.repeat(depth)}`
    // Each level doubles the work. The text must take more than one slice.
    let depth = 12
    for (let tookMs = 0; tookMs < 500; depth++) {
      const began = performance.now()
      await read(pool, nested(depth)).catch(() => {})
      tookMs = performance.now() - began
    }
    const end = new AbortController()
    const long = `${ENDLESS};${'x;'.repeat(20_000)}`
    const endless = [1, 2, 3].map(() => read(pool, long, { signal: end.signal, limitMs: 600_000 }))
    for (const reading of endless) reading.catch(() => {})
    // The long ones are new when this one has used its slice, so they come before it.
    await read(pool, nested(depth)).catch((error) => expect(error).not.toBeInstanceOf(ReaderTimeoutError))
    end.abort(new Error('no longer needed'))
    for (const reading of endless) await expect(reading).rejects.toThrow('no longer needed')
    await pool.close()
  })

  it.runIf(process.platform === 'linux')('starts another reader if one is killed before it is ready', async () => {
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
    // The last one keeps running.
    expect(killed.size).toBeGreaterThan(1)
    await pool.close()
  })

  it.runIf(process.platform === 'linux')('starts another reader if one never becomes ready', async () => {
    const pool = new ReaderPool({ maxStartMs: 3_000 })
    const reading = read(pool, 'const a: number = 1')
    let stopped: number | undefined
    const stopping = setInterval(() => {
      const [first] = readers()
      if (first === undefined || stopped !== undefined) return
      stopped = first.pid
      process.kill(stopped, 'SIGSTOP')
    }, 2)
    expect(await reading).toHaveProperty('program')
    clearInterval(stopping)
    expect(stopped).toBeTypeOf('number')
    await pool.close()
    expect(readers()).toEqual([])
  })

  it('reports that the type stripper has loaded before it reports the work that needs it', async () => {
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

  it('checks values against schemas', async () => {
    const pool = new ReaderPool()
    const check = (schema: object, payload: string) =>
      pool.run({ kind: 'check', schema: JSON.stringify(schema), payload, side: 'input' }, never, 5_000)
    expect(await check({ type: 'number' }, 'j1')).toEqual({ problems: [] })
    expect(await check({ type: 'number' }, 'j"x"')).toEqual({ problems: ['must be number'] })
    await pool.close()
  })
})
