import type { MergeShapes, ShapeStore, ToolShape } from '@glovebox/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** A store of shapes to test. */
export interface ShapeStoreUnderTest {
  /** Name for the test titles. */
  readonly name: string
  /** Opens an empty store. */
  create(): Promise<ShapeStore>
  /** Opens the store again that `create()` opened last, as another process would. Default: the store keeps nothing */
  reopen?(): Promise<ShapeStore>
  /** Closes what was opened. Default: nothing is open */
  close?(): Promise<void>
}

const issues: ToolShape = {
  server: 'tracker',
  version: '1.2.0',
  tool: 'list_issues',
  digest: 'a',
  results: 2,
  shape: { type: ['object'], properties: { ü: { type: ['string'] } }, required: [] },
}
const users: ToolShape = { server: 'tracker', tool: 'list_users', digest: 'b', results: 1, shape: true }
const add: MergeShapes = (stored, added) => ({ ...added, results: stored.results + added.results })

/**
 * Defines the suite for one store of shapes as vitest tests: principals, merging, and several openings.
 *
 * @example
 * ```ts
 * describeShapeStore({ name: 'mine', create: async () => myShapes() })
 * ```
 */
export function describeShapeStore({ name, create, reopen, close }: ShapeStoreUnderTest): void {
  describe(`${name} keeps shapes`, () => {
    let store: ShapeStore
    beforeAll(async () => {
      store = await create()
    })
    afterAll(() => close?.())

    it('of each principal, and of none, apart', async () => {
      await store.save('ada', [issues, users], add)
      await store.save(undefined, [users], add)
      expect(await store.load('ada')).toEqual([issues, users])
      expect(await store.load(undefined)).toEqual([users])
      expect(await store.load('bob')).toEqual([])
      expect(await store.load('')).toEqual([])
    })

    it('and merges a shape with the stored one', async () => {
      await store.save('ada', [{ ...issues, digest: 'c', results: 5 }], add)
      expect(await store.load('ada')).toEqual([{ ...issues, digest: 'c', results: 7 }, users])
    })

    it('and changes nothing if shapes cannot be merged', async () => {
      const fail: MergeShapes = () => {
        throw new TypeError('cannot be merged')
      }
      await expect(store.save('ada', [issues], fail)).rejects.toThrow('cannot be merged')
      expect(await store.load('ada')).toEqual([{ ...issues, digest: 'c', results: 7 }, users])
    })

    it.skipIf(reopen === undefined)('that another process added', async () => {
      const other = await (reopen as NonNullable<typeof reopen>)()
      await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? store : other).save('eve', [users], add)))
      expect(await store.load('eve')).toEqual([{ ...users, results: 20 }])
      expect(await other.load('eve')).toEqual([{ ...users, results: 20 }])
    })

    it('until they are cleared', async () => {
      expect(await store.clear('ada')).toBe(2)
      expect(await store.load('ada')).toEqual([])
      expect(await store.load(undefined)).toEqual([users])
    })
  })
}
