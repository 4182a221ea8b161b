import { describe, expect, it } from 'vitest'
import { decode, encode, MalformedValueError, NotSerializableError } from '../src/protocol/codec.ts'
import { random } from './random.ts'

/** Creates a random value of the supported kinds, with shared parts and cycles. */
function anyValue(pick: (n: number) => number): unknown {
  const made: object[] = []
  const make = (depth: number): unknown => {
    const kind = pick(depth > 4 ? 12 : 20)
    switch (kind) {
      case 0:
        return undefined
      case 1:
        return null
      case 2:
        return pick(2) === 0
      case 3:
        return [0, -0, Number.NaN, Infinity, -Infinity, 1.5, -7, 2 ** 60][pick(8)]
      case 4:
        return ['', 'a', '\ud800', '😀\u2028"\\', 'x'.repeat(300)][pick(5)]
      case 5:
        return [0n, -5n, 2n ** 100n][pick(3)]
      case 6:
        return new Date([0, 1e12, Number.NaN][pick(3)] as number)
      case 7:
        return [/a+/g, /(?<n>x)/iu][pick(2)]
      case 8:
        return new Uint8Array(Array.from({ length: pick(9) }, () => pick(256)))
      case 9:
        return new BigUint64Array([BigInt(pick(1000))])
      case 10:
        return Object([1, 'text', true][pick(3)])
      case 11:
        return made.length > 0 ? made[pick(made.length)] : 'nothing yet'
      case 12:
      case 13: {
        const map = new Map<unknown, unknown>()
        made.push(map)
        for (let i = pick(4); i > 0; i--) map.set(make(depth + 1), make(depth + 1))
        return map
      }
      case 14: {
        const set = new Set<unknown>()
        made.push(set)
        for (let i = pick(4); i > 0; i--) set.add(make(depth + 1))
        return set
      }
      case 15:
      case 16: {
        const list: unknown[] = []
        made.push(list)
        for (let i = pick(6); i > 0; i--) list.push(make(depth + 1))
        if (pick(4) === 0) list.length += 2
        return list
      }
      case 17: {
        const error = new RangeError('message', { cause: make(depth + 1) })
        made.push(error)
        return error
      }
      default: {
        const object: Record<string, unknown> = {}
        made.push(object)
        for (let i = pick(5); i > 0; i--)
          object[['a', 'b c', 'constructor', 'length', '0'][pick(5)] as string] = make(depth + 1)
        return object
      }
    }
  }
  return make(0)
}

describe('the codec', () => {
  it('restores every supported value as structuredClone would', () => {
    for (let seed = 1; seed <= 2_000; seed++) {
      const value = anyValue(random(seed))
      expect(decode(encode(value)), `seed ${seed}`).toEqual(structuredClone(value))
    }
  })

  it('encodes plain JSON as JSON and any other value as a graph', () => {
    expect(encode({ a: [1, 'x', null] })).toBe('j{"a":[1,"x",null]}')
    expect(encode(-0)[0]).toBe('g')
    const shared = {}
    expect(encode([shared, shared])[0]).toBe('g')
  })

  it('preserves identity and cycles', () => {
    const shared = { n: 1 }
    const all: Record<string, unknown> = { a: shared, b: new Map([[shared, shared]]) }
    all.self = all
    const back = decode(encode(all)) as typeof all
    expect(back.self).toBe(back)
    expect([...(back.b as Map<unknown, unknown>).keys()][0]).toBe(back.a)
  })

  it('decodes __proto__ as an ordinary own property', () => {
    const back = decode(encode(JSON.parse('{"__proto__": {"polluted": 1}, "u": null}'))) as object
    expect(Object.hasOwn(back, '__proto__')).toBe(true)
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    const graph = decode(encode({ ...JSON.parse('{"__proto__": 1}'), u: undefined })) as object
    expect(Object.getPrototypeOf(graph)).toBe(Object.prototype)
  })

  it('encodes only the bytes of a view and not the rest of its buffer', () => {
    const slab = new Uint8Array(8_192).fill(7)
    const part = decode(encode(slab.subarray(4, 8))) as Uint8Array
    expect(part.buffer.byteLength).toBe(4)
  })

  it('encodes the own data of a class instance, or the result of its toJSON', () => {
    class Point {
      x = 1
      readonly #secret = 2
      get secret() {
        return this.#secret
      }
    }
    class Money extends Point {
      toJSON() {
        return { cents: new Id(5) }
      }
    }
    class Id {
      readonly id: number
      constructor(id: number) {
        this.id = id
      }
      toJSON(): unknown {
        return this.id === 0 ? 'none' : new Id(this.id - 1)
      }
    }
    const point = new Point()
    expect(decode(encode([point, point]))).toEqual([{ x: 1 }, { x: 1 }])
    // toJSON is called once per occurrence, as in JSON.stringify.
    expect(decode(encode([new Money(), new Id(0)]))).toEqual([{ cents: { id: 4 } }, 'none'])
    expect(decode(encode([new Money()], { ownData: true }))).toEqual([{ x: 1 }])
  })

  it.each([
    ['$', () => {}],
    ['$.a', { a: Symbol('s') }],
    ['$[1].b', [0, { b: class Named {} }]],
    ['$["odd key"]', { 'odd key': new WeakMap() }],
    ['$.get("k")', new Map([['k', Promise.resolve()]])],
    [
      '$',
      Object.assign(
        Object.create({
          get [Symbol.toStringTag]() {
            return 'Map'
          },
        }),
      ),
    ],
    ['$', new Array(2 ** 32 - 1)],
  ])('rejects an unsupported value at %s', (path, value) => {
    expect(() => encode(value)).toThrow(NotSerializableError)
    expect(() => encode(value)).toThrow(expect.objectContaining({ path, code: 'VALUE_NOT_SERIALIZABLE' }))
  })

  it('rejects malformed texts', () => {
    const bad = [
      '',
      'x',
      'j',
      'j{',
      'g',
      'g{}',
      'g[]',
      'g[[1]]',
      'g[[0]]',
      'g[["?"]]',
      'g[[1],["o","a"]]',
      'g[[1],["o",1,2]]',
      'g[[1],["?"]]',
      'g[[1],["a",5]]',
      'g[[1],["a",[],"length",4294967295]]',
      'g[[1],["d","x"]]',
      'g[[1],["r","(",""]]',
      'g[[1],["r","a","zz"]]',
      'g[[1],["b","a"]]',
      'g[[1],["b","*AAA"]]',
      'g[[1],["v","Uint8Array",1e9]]',
      'g[[1],["v","Uint8Array",[1]]]',
      'g[[1],["v","Function",""]]',
      'g[[1],["v","__proto__",""]]',
      'g[[1],["v","Float64Array","AAAA"]]',
      'g[["B","1"],["o"]]'.replace('"1"', '"zz"'),
      'g[[1],["O",[1]]]',
      'g[[1],["e","Error"]]',
      'g[[1],["e","Error","m","stack",1]]',
      'g[{}]',
      'g[[1],{}]',
      'g[[1],["m",[9]]]',
      'g[[1],"o"]',
      'g[["B","0x"]]',
    ]
    for (const text of bad) expect(() => decode(text), text).toThrow(MalformedValueError)
  })

  it('decodes a damaged text or rejects it as malformed', () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const pick = random(seed)
      const text = encode(anyValue(pick))
      const at = pick(text.length)
      const damaged = text.slice(0, at) + '[]{},"0159-agm_'[pick(15)] + text.slice(at + pick(3))
      try {
        decode(damaged)
      } catch (error) {
        expect(error, `seed ${seed}: ${damaged}`).toBeInstanceOf(MalformedValueError)
      }
    }
  })
})
