import { RunError, type RunErrorCode, type RunStore, type RunSummary } from '@glovebox/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** A run store to test. */
export interface StoreUnderTest {
  /** Name for the test titles. */
  readonly name: string
  /** Opens an empty store. The suite closes it. */
  create(): Promise<RunStore>
  /**
   * Opens the store again that `create()` opened last, as another process would. Default: the store keeps nothing, and
   * the cases of several openings are skipped.
   */
  reopen?(): Promise<RunStore>
  /** Opens an empty store that holds at most about this many bytes. Default: the case of a full disk is skipped. */
  createBounded?(maxBytes: number): Promise<RunStore>
  /** Number of runs that the suite lists at once, for stores that are slow to fill. Default: 10,000. */
  readonly manyRuns?: number
}

const TTL_MS = 60_000
/** Duration of a lease that a test lets expire. */
const SHORT_MS = 30
const MANY_RUNS = 10_000
const LARGE = 8 * 1024 * 1024
/** Timeout of a test in ms. Busy machines take many times longer than idle ones. */
const MAX_WAIT_MS = 120_000

/**
 * Defines the suite for one store as vitest tests: conflicts, leases and fencing, large values, listing, and tenants.
 *
 * @example
 * ```ts
 * describeStore({ name: 'mine', create: async () => myStore() })
 * ```
 */
export function describeStore({ name, create, reopen, createBounded, manyRuns = MANY_RUNS }: StoreUnderTest): void {
  describe(`${name} keeps runs`, { timeout: MAX_WAIT_MS }, () => {
    let store: RunStore
    beforeAll(async () => {
      store = await create()
    })
    afterAll(() => store?.close())

    let runs = 0
    const add = async (into = store, owner = 'one', ttlMs = TTL_MS) =>
      into.create({ run: `run ${++runs}`, startedAt: runs, header: `header ${runs}` }, { owner, ttlMs })
    const running = { status: 'running' } as const

    it('and loads what was appended, in order', async () => {
      const lease = await add()
      await store.append(lease, { from: 0, entries: ['a', 'ü\n"'], ...running })
      await store.append(lease, { from: 2, entries: ['c'], status: 'suspended', dueAt: 5 })
      const loaded = await store.load(lease.run)
      expect(loaded).toMatchObject({ header: `header ${runs}`, entries: ['a', 'ü\n"', 'c'] })
      expect(loaded?.summary).toMatchObject({ run: lease.run, status: 'suspended', startedAt: runs, dueAt: 5 })
      expect(loaded?.summary.updatedAt).toBeGreaterThan(runs)
    })

    it('and removes the due time when a run continues', async () => {
      const lease = await add()
      await store.append(lease, { from: 0, entries: ['a'], status: 'suspended', dueAt: 5 })
      await store.append(lease, { from: 1, entries: ['b'], ...running })
      expect((await store.load(lease.run))?.summary).not.toHaveProperty('dueAt')
    })

    it('and knows nothing of others', async () => {
      expect(await store.load('nothing')).toBeUndefined()
      expect(await store.claim('nothing', { owner: 'one', ttlMs: TTL_MS })).toBeUndefined()
      expect(await store.delete('nothing')).toBe(false)
      const gone = store.append({ run: 'nothing', owner: 'one', epoch: 1 }, { from: 0, entries: ['a'], ...running })
      await expectCode(gone, 'RUN_NOT_FOUND')
    })

    it('and refuses a second run with the same id', async () => {
      const { run } = await add()
      const second = store.create({ run, startedAt: 1, header: 'other' }, { owner: 'two', ttlMs: TTL_MS })
      await expectCode(second, 'RUN_CONFLICT')
      expect((await store.load(run))?.header).not.toBe('other')
    })

    it('and refuses an append at another position, as a whole', async () => {
      const lease = await add()
      await store.append(lease, { from: 0, entries: ['a'], ...running })
      for (const from of [0, 2])
        await expectCode(store.append(lease, { from, entries: ['x', 'y'], status: 'failed' }), 'RUN_CONFLICT')
      expect(await store.load(lease.run)).toMatchObject({ entries: ['a'], summary: running })
    })

    it('and lets one of many appends at the same position win', async () => {
      const lease = await add()
      const appended = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) => store.append(lease, { from: 0, entries: [`${index}`], ...running })),
      )
      expect(appended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect((await store.load(lease.run))?.entries).toHaveLength(1)
    })

    it('and gives a run to one owner at a time', async () => {
      const { run } = await add()
      expect(await store.claim(run, { owner: 'two', ttlMs: TTL_MS })).toBeUndefined()
      expect(await store.claim(run, { owner: 'one', ttlMs: TTL_MS })).toMatchObject({ epoch: 1 })
      const claims = async (expired: RunStore) =>
        Promise.all(Array.from({ length: 10 }, (_, index) => expired.claim(run, { owner: `${index}`, ttlMs: TTL_MS })))
      await store.release({ run, owner: 'one', epoch: 1 })
      expect((await claims(store)).filter((lease) => lease !== undefined)).toHaveLength(1)
    })

    it('and refuses the writes of an owner whose lease was lost', async () => {
      const lost = await add(store, 'one', SHORT_MS)
      const next = await claimExpired(store, lost.run, 'two')
      expect(next.epoch).toBeGreaterThan(lost.epoch)
      await expectCode(store.append(lost, { from: 0, entries: ['late'], ...running }), 'RUN_LEASE_LOST')
      await store.release(lost)
      expect(await store.claim(lost.run, { owner: 'three', ttlMs: TTL_MS })).toBeUndefined()
      await store.append(next, { from: 0, entries: ['a'], ...running })
      expect((await store.load(lost.run))?.entries).toEqual(['a'])
    })

    it('and keeps the epoch of an owner that renews its lease', async () => {
      const lease = await add(store, 'one', SHORT_MS)
      await new Promise((resolve) => setTimeout(resolve, SHORT_MS * 2))
      expect(await store.claim(lease.run, { owner: 'one', ttlMs: TTL_MS })).toEqual(lease)
      await store.append(lease, { from: 0, entries: ['a'], ...running })
      expect(await store.claim(lease.run, { owner: 'two', ttlMs: TTL_MS })).toBeUndefined()
    })

    it('and large values', async () => {
      const lease = await add()
      const large = 'ü'.repeat(LARGE)
      await store.append(lease, { from: 0, entries: [large, 'small'], ...running })
      const loaded = await store.load(lease.run)
      expect(loaded?.entries[0] === large).toBe(true)
      expect(loaded?.entries[1]).toBe('small')
    })

    it('and deletes a run with its entries', async () => {
      const lease = await add()
      await store.append(lease, { from: 0, entries: ['a'], ...running })
      expect(await store.delete(lease.run)).toBe(true)
      expect(await store.load(lease.run)).toBeUndefined()
      await store.create({ run: lease.run, startedAt: 1, header: 'new' }, { owner: 'one', ttlMs: TTL_MS })
      expect((await store.load(lease.run))?.entries).toEqual([])
    })

    it('and lists them by status, principal, times and claims, the latest first', async () => {
      const scope = store.scope('listing')
      const made = async (run: string, startedAt: number, principal: string | undefined) => {
        const by = principal === undefined ? {} : { principal }
        return scope.create({ run, startedAt, header: '', ...by }, { owner: 'one', ttlMs: TTL_MS })
      }
      const first = await made('first', 1, 'ada')
      const second = await made('second', 2, 'ben')
      await made('third', 3, undefined)
      await scope.append(first, { from: 0, entries: ['a'], status: 'suspended', dueAt: 100 })
      await scope.append(second, { from: 0, entries: ['a'], status: 'succeeded' })
      await scope.release(first)
      expect(await idsOf(scope.list())).toEqual(['third', 'second', 'first'])
      expect(await idsOf(scope.list({ status: ['suspended', 'succeeded'] }))).toEqual(['second', 'first'])
      expect(await idsOf(scope.list({ principal: 'ada' }))).toEqual(['first'])
      expect(await idsOf(scope.list({ dueBefore: 100 }))).toEqual(['first'])
      expect(await idsOf(scope.list({ dueBefore: 99 }))).toEqual([])
      expect(await idsOf(scope.list({ unclaimed: true }))).toEqual(['first'])
      expect(await idsOf(scope.list({ updatedBefore: 4 }))).toEqual(['third'])
    })

    it('of tenants that cannot see each other', async () => {
      const one = store.scope('tenant one')
      const two = store.scope('tenant two')
      const lease = await one.create({ run: 'shared', startedAt: 1, header: 'one' }, { owner: 'one', ttlMs: SHORT_MS })
      expect(await two.load('shared')).toBeUndefined()
      expect(await idsOf(two.list())).toEqual([])
      expect(await two.delete('shared')).toBe(false)
      await expectCode(two.append(lease, { from: 0, entries: ['x'], ...running }), 'RUN_NOT_FOUND')
      await two.release(lease)
      await two.create({ run: 'shared', startedAt: 1, header: 'two' }, { owner: 'two', ttlMs: TTL_MS })
      await one.append(lease, { from: 0, entries: ['a'], ...running })
      expect(await one.load('shared')).toMatchObject({ header: 'one', entries: ['a'] })
      expect(await two.load('shared')).toMatchObject({ header: 'two', entries: [] })
      expect(await store.load('shared')).toBeUndefined()
    })

    it(`and lists ${manyRuns} of them`, async () => {
      const scope = store.scope('many')
      // Several runs start in the same millisecond.
      for (let index = 0; index < manyRuns; index++)
        await scope.create({ run: `${index}`, startedAt: index >> 3, header: '' }, { owner: 'one', ttlMs: TTL_MS })
      const listed: RunSummary[] = []
      for await (const run of scope.list()) listed.push(run)
      expect(new Set(listed.map(({ run }) => run)).size).toBe(manyRuns)
      expect(
        listed.every(({ startedAt }, index) => index === 0 || startedAt <= (listed[index - 1] as RunSummary).startedAt),
      ).toBe(true)
    })

    it('for other processes', async ({ skip }) => {
      if (reopen === undefined) return skip('the store ends with its process')
      const lease = await add()
      await store.append(lease, { from: 0, entries: ['a'], ...running })
      const other = await reopen()
      try {
        expect((await other.load(lease.run))?.entries).toEqual(['a'])
        expect(await other.claim(lease.run, { owner: 'two', ttlMs: TTL_MS })).toBeUndefined()
        await store.release(lease)
        const next = await other.claim(lease.run, { owner: 'two', ttlMs: TTL_MS })
        await expectCode(store.append(lease, { from: 1, entries: ['x'], ...running }), 'RUN_LEASE_LOST')
        await other.append(next as NonNullable<typeof next>, { from: 1, entries: ['b'], ...running })
        expect((await store.load(lease.run))?.entries).toEqual(['a', 'b'])
      } finally {
        await other.close()
      }
    })

    it('until its disk is full, and continues when there is space again', async ({ skip }) => {
      if (createBounded === undefined) return skip('the store cannot be given a small disk')
      const bounded = await createBounded(1024 * 1024)
      try {
        const kept = await add(bounded)
        await bounded.append(kept, { from: 0, entries: ['a'.repeat(300_000)], ...running })
        const lease = await add(bounded)
        await expect(bounded.append(lease, { from: 0, entries: ['x'.repeat(4_000_000)], ...running })).rejects.toThrow()
        expect((await bounded.load(lease.run))?.entries).toEqual([])
        await bounded.append(lease, { from: 0, entries: ['small'], ...running })
        expect((await bounded.load(lease.run))?.entries).toEqual(['small'])
      } finally {
        await bounded.close()
      }
    })
  })
}

async function expectCode(refused: Promise<unknown>, code: RunErrorCode): Promise<void> {
  const error = await refused.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(RunError)
  expect((error as RunError).code).toBe(code)
}

async function idsOf(runs: AsyncIterable<RunSummary>): Promise<string[]> {
  const ids: string[] = []
  for await (const { run } of runs) ids.push(run)
  return ids
}

/** Claims a run as soon as its short lease has expired. */
async function claimExpired(store: RunStore, run: string, owner: string) {
  for (;;) {
    const lease = await store.claim(run, { owner, ttlMs: TTL_MS })
    if (lease !== undefined) return lease
    await new Promise((resolve) => setTimeout(resolve, SHORT_MS))
  }
}
