import { describe, expect, it } from 'vitest'
import { measureValue } from '../src/values/value-size.ts'

/** Creates a value in which each level contains the level below twice. */
const doubled = (levels: number, leaf: unknown): unknown => {
  let value = leaf
  for (let level = 0; level < levels; level++) value = [value, value]
  return value
}

describe('the size of a value', () => {
  it('counts a shared string at each reference', () => {
    const shared = { name: 'x'.repeat(1_000) }
    expect(measureValue(Array(300).fill(shared)).characters).toBeGreaterThan(300_000)
  })

  it('is measured without walking shared parts again', () => {
    expect(measureValue(doubled(100, 'text')).nodes).toBeGreaterThan(2 ** 100)
  })

  it('never exceeds the JSON of a value without shared parts', () => {
    for (const value of [{ a: [1, 2, { b: 'text' }], c: null }, [[], {}, [true]], 'x', 12, [0, 0, 0]]) {
      expect(measureValue(value).characters).toBeLessThanOrEqual(JSON.stringify(value).length)
    }
  })

  it('distinguishes cycles from shared parts', () => {
    const cyclic: unknown[] = [1]
    cyclic.push({ inside: cyclic })
    expect(measureValue(cyclic).isCyclic).toBe(true)
    expect(measureValue(doubled(5, [])).isCyclic).toBe(false)
  })

  it('counts the holes of an array', () => {
    const sparse: unknown[] = []
    sparse.length = 50_000
    expect(measureValue(Array(100).fill(sparse)).nodes).toBeGreaterThan(5_000_000)
    expect(measureValue(new Array(2 ** 32 - 1), 1_000).characters).toBeGreaterThan(1_000)
  })

  it('counts boxed primitives as leaves', () => {
    expect(measureValue(Object('x'.repeat(1e6)))).toMatchObject({ nodes: 1, characters: 1_000_001 })
  })

  it('counts an empty value at each reference', () => {
    const leaf = /xxxxxxxxx/
    expect(measureValue(Array(100).fill(leaf))).toMatchObject({ nodes: 101, characters: 1_001 })
  })

  it('counts the contents of errors', () => {
    let error: Error = new AggregateError([])
    for (let level = 0; level < 60; level++) error = new AggregateError([error, error], '', { cause: error })
    expect(measureValue(error).nodes).toBeGreaterThan(3 ** 60)
  })

  it('counts the parts of maps, sets and buffers', () => {
    const text = 'x'.repeat(100)
    expect(measureValue(new Map([[text, text]])).characters).toBeGreaterThan(200)
    expect(measureValue(new Set([text])).characters).toBeGreaterThan(100)
    expect(measureValue([new Uint8Array(500)]).characters).toBeGreaterThan(500)
  })

  it('is measured only until it exceeds a limit', () => {
    const large = Array.from({ length: 1_000 }, () => ({ text: 'x'.repeat(1_000) }))
    expect(measureValue(large, 10_000).characters).toBeLessThan(30_000)
    expect(measureValue(large, 10_000).characters).toBeGreaterThan(10_000)
  })

  it('is measured at any depth', () => {
    let deep: unknown = 1
    for (let level = 0; level < 200_000; level++) deep = [deep]
    expect(measureValue(deep).nodes).toBe(200_001)
  })

  it.each([
    [{ a: 1, b: [null, 'x', { c: undefined }] }, true],
    [new Date(), false],
    [new Map(), false],
    [[1, , 3], false],
    [Object.assign([1], { extra: 1 }), false],
    [{ a: Number.NaN }, false],
    [[1n], false],
    [Object('text'), false],
  ])('reports whether JSON can represent %o', (value, isJson) => {
    expect(measureValue(value).isJson).toBe(isJson)
  })
})
