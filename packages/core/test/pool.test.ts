import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Pool } from '../src/workers/pool.ts'

function poolOf(options: Partial<ConstructorParameters<typeof Pool>[0]> = {}) {
  const made: { id: number }[] = []
  const destroyed: number[] = []
  const pool = new Pool<{ id: number }>({
    min: 1,
    max: 3,
    growAfterMs: 10,
    idleMs: 20,
    create: async () => {
      const member = { id: made.length }
      made.push(member)
      return member
    },
    destroy: async (member) => {
      destroyed.push((member as { id: number }).id)
    },
    ...(options as object),
  })
  return { pool, made, destroyed }
}

describe('the pool', () => {
  it('starts no members before the first request, then its minimum', async () => {
    const { pool, made } = poolOf({ min: 2 })
    expect(made).toHaveLength(0)
    await pool.acquire()
    await delay(1)
    expect(made).toHaveLength(2)
    await pool.close()
  })

  it('gives a member to one holder at a time, in the order of the requests', async () => {
    const { pool, made } = poolOf({ max: 1 })
    const first = await pool.acquire()
    const order: string[] = []
    const second = pool.acquire().then((member) => (order.push('second'), member))
    const third = pool.acquire().then((member) => (order.push('third'), member))
    pool.release(first)
    pool.release(await second)
    await third
    expect(order).toEqual(['second', 'third'])
    expect(made).toHaveLength(1)
    await pool.close()
  })

  it('grows to its maximum while requests wait, and shrinks again', async () => {
    const { pool, made, destroyed } = poolOf()
    const held = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()])
    expect(made).toHaveLength(3)
    const fourth = pool.acquire()
    await delay(50)
    expect(made).toHaveLength(3)
    for (const member of held) pool.release(member)
    pool.release(await fourth)
    await delay(100)
    expect(destroyed).toHaveLength(2)
    await pool.close()
    expect(destroyed).toHaveLength(3)
  })

  it('replaces a discarded member for waiting requests', async () => {
    const { pool, made, destroyed } = poolOf({ max: 1 })
    const first = await pool.acquire()
    const next = pool.acquire()
    pool.discard(first)
    pool.discard(first)
    pool.release(first)
    expect((await next).id).toBe(1)
    expect(made).toHaveLength(2)
    expect(destroyed).toEqual([0])
    await pool.close()
  })

  it('gives a member several holders, up to its capacity, while all holders only wait', async () => {
    const { pool, made } = poolOf({ max: 1, most: 4 })
    const held = await Promise.all([1, 2, 3, 4].map(() => pool.acquire()))
    expect(made).toHaveLength(1)
    let isGranted = false
    const fifth = pool.acquire().then((member) => {
      isGranted = true
      return member
    })
    await delay(50)
    expect(isGranted).toBe(false)
    pool.release(held[0] as (typeof held)[0])
    await fifth
    await pool.close()
  })

  it('gives a member one holder at a time, since only that shows whether it takes another', async () => {
    const { pool, made } = poolOf({ max: 1, most: 4 })
    pool.release(await pool.acquire())
    const order: string[] = []
    const take = async (name: string) => order.push(`${name} ${(await pool.acquire()).id}`)
    const [first, second] = [take('first'), take('second')]
    await first
    await Promise.resolve()
    expect(order).toEqual(['first 0'])
    await second
    expect(order).toEqual(['first 0', 'second 0'])
    expect(made).toHaveLength(1)
    await pool.close()
  })

  it('serves a waiting request when a member takes another holder without a release', async () => {
    let isFree = true
    const { pool, made } = poolOf({ max: 1, most: 2, growAfterMs: 60_000, accepts: () => isFree })
    await pool.acquire()
    isFree = false
    const second = pool.acquire()
    await delay(5)
    isFree = true
    pool.offer()
    expect(await second).toBe(made[0])
    await pool.close()
  })

  it('skips a member that currently accepts no holders', async () => {
    const closed = new Set<object>()
    const { pool, made } = poolOf({ most: 2, accepts: (member) => !closed.has(member) })
    closed.add(await pool.acquire())
    const second = await pool.acquire()
    expect([made.length, closed.has(second)]).toEqual([2, false])
    await pool.close()
  })

  it('creates no members while it closes', async () => {
    const { pool, made } = poolOf({ min: 2 })
    await pool.acquire()
    await delay(1)
    await pool.close()
    expect(made).toHaveLength(2)
  })

  it('starts a new attempt for a request that arrived during a failed one', async () => {
    const first = Promise.withResolvers<{ id: number }>()
    const attempts = [first.promise, Promise.resolve({ id: 1 })]
    const { pool } = poolOf({ create: () => attempts.shift() as Promise<{ id: number }> })
    const early = pool.acquire()
    const late = delay(1).then(() => pool.acquire())
    await delay(5)
    first.reject(new Error('no descriptors'))
    await expect(early).rejects.toThrow('no descriptors')
    expect(await late).toEqual({ id: 1 })
    await pool.close()
  })

  it('keeps requests that other members can serve when a creation fails', async () => {
    const attempts = [Promise.resolve({ id: 0 }), Promise.reject(new Error('no descriptors'))]
    const { pool } = poolOf({ min: 2, most: 2, create: () => attempts.shift() as Promise<{ id: number }> })
    expect(await Promise.all([pool.acquire(), pool.acquire()])).toEqual([{ id: 0 }, { id: 0 }])
    await pool.close()
  })

  it('aborts pending creations when it closes', async () => {
    const { pool } = poolOf({
      create: (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    })
    const waiting = pool.acquire()
    const closing = pool.close()
    await expect(waiting).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
    await closing
  })

  it("rejects waiting requests with the signal's reason, the error of a creation or the error for a closed pool", async () => {
    const { pool } = poolOf({ max: 1 })
    const held = await pool.acquire()
    const reason = new Error('enough')
    const controller = new AbortController()
    const aborted = pool.acquire(controller.signal)
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    const waiting = pool.acquire()
    const closing = pool.close()
    await expect(waiting).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })
    await closing
    pool.release(held)
    await expect(pool.acquire()).rejects.toMatchObject({ code: 'SANDBOX_CLOSED' })

    const broken = poolOf({ create: () => Promise.reject(new Error('no engine')) })
    await expect(broken.pool.acquire()).rejects.toThrow('no engine')
    await broken.pool.close()
  })
})
