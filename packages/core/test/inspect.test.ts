import * as node from 'node:util'
import { describe, expect, test } from 'vitest'
import { format, inspect } from '../src/guest/inspect.ts'

/** Removes the stack of an error, because a guest prints every error without its stack. */
function stackless<Thrown extends Error>(error: Thrown): Thrown {
  Object.defineProperty(error, 'stack', { value: '', writable: true, configurable: true, enumerable: false })
  return error
}
const orphan = <Value extends object>(value: Value): Value => Object.setPrototypeOf(value, null) as Value
const nested = (levels: number, wrap: (inner: unknown) => unknown, inner: unknown = 1): unknown =>
  levels === 0 ? inner : wrap(nested(levels - 1, wrap, inner))
const range = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index))

const circular: Record<string, unknown> = { name: 'loop' }
circular.self = circular
circular.list = [circular, { circular }]
const circularMap = new Map<unknown, unknown>()
circularMap.set('me', circularMap).set(circularMap, new Set([circularMap]))
const circularFunction = Object.assign(() => {}, { me: {} as unknown })
circularFunction.me = circularFunction
const circularError = stackless(new Error('loop'))
circularError.cause = circularError
const pair = { left: {} as Record<string, unknown>, right: {} as Record<string, unknown> }
Object.assign(pair.left, { right: pair.right })
Object.assign(pair.right, { left: pair.left })

class Foo {
  x = 1
}
class Bar extends Foo {
  override x = 2
}
class Empty {}
class Tagged {
  x = 1
  get [Symbol.toStringTag]() {
    return 'tagged'
  }
}
class OwnError extends Error {}
class Failure extends Error {
  override name = 'Failure'
}
class Strange extends TypeError {}
class TaggedError extends Error {
  get [Symbol.toStringTag]() {
    return 'x'
  }
}
const custom = (shown: unknown) => ({ [node.inspect.custom]: () => shown })

const values: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  true: true,
  zero: 0,
  'minus zero': -0,
  NaN: NaN,
  infinity: -Infinity,
  fraction: 0.1,
  large: 1e21,
  bigint: -12345678901234567890n,
  symbol: Symbol('a'),
  'symbol without a description': Symbol(),
  'symbol with a break': Symbol("a'b\n"),
  string: 'text',
  'empty string': '',
  'string with a single quote': "it's",
  'string with both quotes': `it's "so"`,
  'string with all quotes': `'"\``,
  'string with a placeholder': `'"\${`,
  'string with escapes': 'a\0\b\t\n\v\f\r\x1b\x7f\x9f\\\u00a0\u2028',
  'lone surrogates': '\ud83d \udc00 😀 \udc00\ud83d',
  'string with lines': 'line\n'.repeat(30),
  'string too long': 'x'.repeat(10_001),
  'string much too long': 'x'.repeat(12_000),
  'empty object': {},
  object: { a: 1, b: 'two', c: [3] },
  'keys to quote': { 'a-b': 1, "it's": 2, $: 3, é: 4, 1: 5, '': 6, _ok: 7, ['__proto__']: 8, 'a\n': 9 },
  'symbol keys': { [Symbol('a b')]: 1, [Symbol()]: 2, [Symbol.iterator]: 3, [Symbol("a'\n")]: 4 },
  'hidden keys': Object.defineProperties({}, { a: { value: 1 }, [Symbol('b')]: { value: 2 } }),
  'null prototype': orphan({ a: 1 }),
  'empty null prototype': orphan({}),
  'long object': Object.fromEntries(range(30, (index) => [`key${index}`, index])),
  'object of 72 columns': { a: 'x'.repeat(56) },
  'objects about the width': range(12, (index) => ({ a: 'x'.repeat(52 + index), b: 1 })),
  'object with long string': { text: 'x'.repeat(100), lines: 'a line of text\n'.repeat(8) },
  'deep object': nested(5, (a) => ({ a })),
  'deep array': nested(5, (a) => [a]),
  'deep empty': { a: { b: { c: {}, d: [], e: new Map(), f: new Foo(), g: new Empty(), h: () => {} } } },
  'deep cut-offs': {
    a: {
      b: {
        c: new Map([[1, 2]]),
        d: new Set([1]),
        e: new Tagged(),
        f: orphan({ a: 1 }),
        g: Object.assign(() => {}, { a: 1 }),
        h: Object.assign(new Date(0), { a: 1 }),
        i: Object.assign(/x/, { a: 1 }),
        j: new Uint8Array(2),
        k: Promise.resolve(1),
        l: Object.assign(Object(1), { a: 1 }),
        m: stackless(new Error('m')),
        n: Object.assign(stackless(new Error('m')), { a: 1 }),
        o: orphan([1]),
        q: new WeakMap(),
        r: new ArrayBuffer(1),
        s: class {},
        t: Object.assign(class A {}, { a: 1 }),
        u: new (class A extends Array {})(2),
        v: Object.assign(Object.create(Object.create(null)), { a: 1 }),
      },
    },
  },
  'compact nesting': { a: { b: { c: 1 } }, d: [[1, 2], [3]], e: { f: [{ g: 1 }] } },
  'three levels': [{ a: { b: 1 } }],
  instance: new Foo(),
  'instance of a subclass': new Bar(),
  'empty instance': new Empty(),
  'anonymous instance': new (class {})(),
  'anonymous subclass': new (class extends Foo {})(),
  prototype: Foo.prototype,
  'prototype of a subclass': Bar.prototype,
  'built-in prototypes': [
    Map.prototype,
    Promise.prototype,
    Date.prototype,
    Object.prototype,
    Error.prototype,
    Array.prototype,
  ],
  'own constructor': { constructor: 'a' },
  'made from a prototype': Object.create(Foo.prototype),
  'made from an object': Object.create({ a: 1 }),
  'made from an orphan': Object.create(Object.create(null)),
  'made from a full orphan': Object.create(orphan({ a: 1 })),
  tagged: new Tagged(),
  'own tag': { [Symbol.toStringTag]: 'own' },
  'hidden tag': Object.defineProperty({}, Symbol.toStringTag, { value: 'x' }),
  'hidden tag of an orphan': Object.defineProperty(orphan({}), Symbol.toStringTag, { value: 'x' }),
  'tagged array': Object.defineProperty([1], Symbol.toStringTag, { value: 'x' }),
  namespaces: [Math, JSON, Reflect],
  'empty array': [],
  array: [1, 'two', null, undefined, { three: 3 }],
  'array of six': [1, 2, 3, 4, 5, 6],
  'array of seven': [1, 2, 3, 4, 5, 6, 7],
  'array of a hundred': range(100, (index) => index),
  'array of more': range(101, (index) => index * 37),
  'array of many more': range(1000, (index) => `item ${index}`),
  'array of strings': range(27, (index) => 'x'.repeat(index % 9)),
  'array of growing strings': range(20, (index) => 'x'.repeat(index)),
  'array of wide strings': range(20, (index) => `日本${index}`),
  'array of emoji': range(20, (index) => `e\u0301😀${index}`),
  'array of negative numbers': range(30, (index) => (index - 15) ** 3 / 7),
  'array of bigints': range(30, (index) => BigInt(index) ** 5n),
  'array of mixed numbers': range(30, (index) => (index === 20 ? 'x' : index)),
  'array of objects': range(10, (a) => ({ a })),
  'array of pairs': range(10, (index) => [index, `${index}`]),
  'array of booleans': range(20, (index) => index % 3 === 0),
  'array of undefined': range(9, () => undefined),
  'nested columns': { a: { b: range(40, (index) => index * 1000) } },
  'array of long strings': range(8, (index) => 'x'.repeat(40 + index)),
  holes: [, 1, , , 2, ,],
  'only holes': new Array(200),
  'wide holes': Object.assign(new Array(4_000_000_000), { 150: 1, x: 2 }),
  'many holes': Object.assign(new Array(500), Object.fromEntries(range(200, (index) => [index * 2, index]))),
  'array with keys': Object.assign([1, 2], { x: 1, [-1]: 3, '01': 4, [Symbol('s')]: 5 }),
  'long array with keys': Object.assign(
    range(20, (index) => index),
    { x: 1 },
  ),
  'full array with keys': Object.assign(
    range(100, (index) => index),
    { x: 1 },
  ),
  'subclass of Array': class List extends Array {}.of(1, 2, 3),
  'array without prototype': orphan([1]),
  'array with accessors': Object.defineProperty([1, 2], 0, { get: () => 1 }),
  arguments: (function (..._: unknown[]) {
    // biome-ignore lint/complexity/noArguments: the test inspects it
    return arguments
  })(1, 'a'),
  map: new Map<unknown, unknown>([
    ['a', 1],
    [{ b: 2 }, new Map()],
  ]),
  'empty map': new Map(),
  'map with keys': Object.assign(new Map([[1, 2]]), { x: 1 }),
  'long map': new Map(range(101, (index) => [index, { index }])),
  'deep map': new Map([[{ a: { b: {} } }, { a: { b: { c: { d: 1 } } } }]]),
  'subclass of Map': new (class Registry extends Map<number, number> {})([[1, 2]]),
  'anonymous subclass of Map': new (class extends Map {})(),
  set: new Set([1, 'a', [2]]),
  'empty set': new Set(),
  'long set': new Set(range(102, (index) => index)),
  'subclass of Set': new (class Bag extends Set<number> {})([1]),
  'map iterator at its end': new Map().keys(),
  'set iterator at its end': new Set().values(),
  'array iterator': [1].values(),
  generator: (function* () {})(),
  date: new Date(0),
  'invalid date': new Date(NaN),
  'date with keys': Object.assign(new Date(1e12), { a: 1 }),
  'subclass of Date': new (class Day extends Date {})(0),
  regexp: /a\/b/giu,
  'regexp with keys': Object.assign(/x/, { a: 1 }),
  'subclass of RegExp': new (class Pattern extends RegExp {})('a', 'g'),
  function: function named() {},
  arrow: (() => () => {})(),
  async: async function later() {},
  'async arrow': (() => async () => {})(),
  'generator function': function* steps() {},
  'async generator function': async function* steps() {},
  method: { method() {}, async later() {}, *steps() {} },
  'function with keys': Object.assign(function named() {}, { a: 1, b: { c: 2 } }),
  'function without prototype': orphan(function named() {}),
  'built-in function': [Map, Math.max, Symbol],
  'bound function': function named() {}.bind(null),
  'empty function name': Object.defineProperty(() => {}, 'name', { value: '' }),
  class: class A {},
  'anonymous class': (() => class {})(),
  subclass: Bar,
  'class extending null': class A extends (null as unknown as typeof Foo) {},
  'class with statics': class A {
    static x = 1
  },
  'class with a static name': class A {
    static name = 'B'
  },
  'class without spaces': new Function('return class{}')(),
  'method called class': { class() {} },
  'class with a comment': class /* ( */ A {},
  'class without prototype': orphan(class A {}),
  accessors: {
    get a() {
      return 1
    },
    set b(_: unknown) {},
    get c() {
      return 1
    },
    set c(_: unknown) {},
  },
  Int8Array: new Int8Array([1, -2]),
  'empty Uint8Array': new Uint8Array(),
  Float64Array: new Float64Array([0.5, -0, NaN]),
  BigInt64Array: new BigInt64Array([1n, -2n]),
  'long Uint8Array': new Uint8Array(300).map((_, index) => index * 7),
  'Uint8Array with keys': Object.assign(new Uint8Array(2), { a: 1 }),
  'subclass of Uint8Array': new (class Bytes extends Uint8Array {})(3),
  'Uint8Array without prototype': orphan(new Uint8Array(2)),
  ArrayBuffer: new Uint8Array([1, 171]).buffer,
  'empty ArrayBuffer': new ArrayBuffer(0),
  'long ArrayBuffer': new ArrayBuffer(200),
  'nearly long ArrayBuffer': { a: new ArrayBuffer(101), b: new ArrayBuffer(20) },
  'detached ArrayBuffer': (() => {
    const buffer = new ArrayBuffer(2)
    structuredClone(buffer, { transfer: [buffer] })
    return buffer
  })(),
  DataView: new DataView(new ArrayBuffer(4), 1, 2),
  SharedArrayBuffer: new SharedArrayBuffer(2),
  'boxed primitives': [1, 'abc', true, 1n, Symbol('a'), -0].map(Object),
  'boxed string with keys': Object.assign(Object('abc'), { x: 1 }),
  'subclass of Number': new (class Count extends Number {})(3),
  'boxed long string': Object('x'.repeat(100)),
  promise: new Promise(() => {}),
  'promise with keys': Object.assign(new Promise(() => {}), { a: 1 }),
  'subclass of Promise': new (class Task extends Promise<void> {})(() => {}),
  WeakMap: new WeakMap(),
  WeakSet: Object.assign(new WeakSet(), { a: 1 }),
  WeakRef: new WeakRef({}),
  proxies: [new Proxy({ a: 1 }, {}), new Proxy([1], {}), new Proxy(function f() {}, {})],
  'circular object': circular,
  'circular map': circularMap,
  'circular function': circularFunction,
  'circular error': circularError,
  'circular pair': pair,
  error: stackless(new Error('message')),
  'error without message': stackless(new RangeError()),
  'error with keys': Object.assign(stackless(new TypeError('message')), { code: 'X', info: { a: 1 } }),
  'error with a cause': stackless(new Error('outer', { cause: stackless(new Error('inner')) })),
  'error with an undefined cause': stackless(new Error('outer', { cause: undefined })),
  'error of errors': stackless(new AggregateError([stackless(new Error('a')), 2], 'both', { cause: 3 })),
  'error with lines': { a: { b: stackless(new Error('one\ntwo')) }, c: [stackless(new Error('a\nb'))] },
  'error with its own errors': Object.assign(stackless(new Error('a')), { errors: [1], name: 'Own', message: 'b' }),
  'subclass of Error': stackless(new OwnError('message')),
  'named subclass of Error': stackless(new Failure('message')),
  'strange subclass of Error': [stackless(new Strange('message')), stackless(new Strange())],
  'tagged subclass of Error': stackless(new TaggedError('message')),
  'error without prototype': orphan(stackless(new Error('message'))),
  'made from an error': Object.create(Error.prototype),
  'inherited cause': Object.create(stackless(new Error('inherited', { cause: 1 }))),
  'renamed error': Object.assign(stackless(new Error('message')), { name: 'Renamed' }),
  'unnamed error': Object.assign(stackless(new Error('message')), { name: '' }),
  'error with odd parts': Object.assign(stackless(new Error('message')), { message: 5, name: undefined }),
  'custom text': custom('text'),
  'custom lines': { a: { b: custom('one\ntwo') } },
  'custom object': { a: custom({ x: 'y'.repeat(80), z: { q: 1 } }) },
  'custom primitives': [custom(5), custom(null), custom(undefined), custom(Symbol.iterator.description)],
  'custom itself': {
    a: 1,
    [node.inspect.custom]() {
      return this
    },
  },
  'custom static': class {
    static [node.inspect.custom]() {
      return 'static'
    }
  },
  'custom arguments': {
    a: {
      [node.inspect.custom]: (depth: number, options: object) =>
        `${depth} ${JSON.stringify(options)} ${Object.keys(options)}`,
    },
  },
  'custom recursion': {
    a: {
      [node.inspect.custom]: (depth: number, options: object, show: typeof node.inspect) =>
        `<${show({ a: { b: { c: { d: 1 } } } }, { ...options, depth: depth - 1 })}>`,
    },
  },
  'custom that is no function': { [node.inspect.custom]: 1 },
}

describe('inspect formats like Node', () => {
  test.each(Object.entries(values))('%s', (_name, value) => {
    expect(inspect(value)).toBe(node.inspect(value))
    expect(inspect({ inside: [value] })).toBe(node.inspect({ inside: [value] }))
  })
})

const shapes = [
  { a: { b: { c: { d: { e: {} } } } }, f: [[[[[1]]]]], g: new Map([[{ a: 1 }, [[1]]]]) },
  range(150, (index) => index),
  new Set(range(12, (index) => `item ${index}`)),
  { z: 1, a: { c: 'x'.repeat(30), b: 'a line of text\n'.repeat(5) } },
  'x'.repeat(30),
]
const asked: object[] = [
  { depth: 0 },
  { depth: -1 },
  { depth: 4 },
  { depth: null },
  { depth: Infinity },
  { breakLength: 20 },
  { breakLength: 200 },
  { breakLength: Infinity },
  { compact: false },
  { compact: 1 },
  { maxArrayLength: 3 },
  { maxArrayLength: 0 },
  { maxArrayLength: null },
  { maxStringLength: 10 },
  { sorted: true },
]

describe('inspect supports the options of Node', () => {
  test.each(asked.map((options) => [node.inspect(options), options] as const))('%s', (_name, options) => {
    for (const shape of shapes) expect(inspect(shape, options)).toBe(node.inspect(shape, options))
  })
})

/** A seeded generator (mulberry32), so that every run uses the same values. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function randomValue(random: (below: number) => number, depth: number): unknown {
  const child = () => randomValue(random, depth - 1)
  const letters = () => range(random(12), () => 'abc -\'"\n\\éö日'[random(12)]).join('')
  const leaves = [
    () => random(1000) - 500,
    () => random(1000) / 7,
    letters,
    () => letters().repeat(random(12)),
    () => random(2) === 0,
    () => [null, undefined, NaN, -0, 5n, Symbol.iterator][random(6)],
    () => new Date(random(2 ** 30) * 1000),
    () => [/a/g, () => {}, Foo, new Empty()][random(4)],
  ]
  const branches = [
    () => range(random(9), child),
    () => range(random(30), () => random(10 ** random(7))),
    () => range(random(120), letters),
    () => range(random(200), (index) => index ** random(4)),
    () => Object.fromEntries(range(random(7), () => [letters(), child()])),
    () => Object.fromEntries(range(random(5), (index) => [`key${index}`, child()])),
    () => new Map(range(random(5), () => [child(), child()])),
    () => new Set(range(random(5), child)),
    () => Object.assign(new Foo(), { child: child() }),
    () => Object.assign(range(random(9), child), random(3) === 0 ? { extra: child() } : {}),
    () => Object.assign(stackless(new TypeError(letters())), random(2) === 0 ? { detail: child() } : {}),
  ]
  const choices = depth === 0 || random(4) === 0 ? leaves : branches
  return (choices[random(choices.length)] as () => unknown)()
}

test('inspect formats random values like Node', () => {
  for (let seed = 0; seed < 500; seed++) {
    const value = randomValue(randomOf(seed), 1 + (seed % 5))
    const options = seed % 3 === 0 ? { depth: seed % 7, breakLength: 40 + (seed % 90) } : {}
    expect(inspect(value, options), `seed ${seed}`).toBe(node.inspect(value, options))
  }
})

const noText = Object.create(null) as object
const calls: unknown[][] = [
  [],
  ['plain'],
  ['%s'],
  ['%%'],
  ['100%', 1],
  ['%%', 1],
  ['%% %s%', 1],
  ['%x %s', 1, 2],
  ['a', 'b', { a: 'x' }, -0, 1n, Symbol('q'), null, undefined],
  [1, '%s', 2],
  [Symbol('a'), 'x'],
  [['a'], { b: 'c' }],
  ['%s %s', 1],
  ['%d', 1, 'b%s', 2],
  ['%s %s %s %s %s', -0, 12n, null, undefined, true],
  ['%s %s %s', 'a\nb', Symbol('x'), ''],
  ['%s %s %s', { a: { b: 1 } }, [1, [2, [3]]], new Date(0)],
  ['%s %s', class A {}, function f() {}],
  ['%s %s', stackless(new Error('x')), stackless(new OwnError('x'))],
  ['%s %s %s', new Foo(), noText, new Tagged()],
  ['%s', { toString: () => 'own' }],
  ['%s', { toString: 5 }],
  ['%s', Object.create({ toString: () => 'inherited' })],
  [
    '%s',
    new (class extends class {
      toString() {
        return 'class'
      }
    } {})(),
  ],
  ['%s', { [Symbol.toPrimitive]: () => 'primitive' }],
  [
    '%s',
    new (class extends Date {
      override [Symbol.toPrimitive]() {
        return 'primitive' as never
      }
    })(0),
  ],
  ['%s %s', new (class Day extends Date {})(0), new (class List extends Array {})()],
  ['%s %s %s', new Uint8Array(2), new Map(), /x/],
  ['%s', Object(3)],
  ['%d %d %d %d %d %d', '0x10', 5n, Symbol('a'), {}, -0, ''],
  ['%d %d', new Date(5), { valueOf: () => 5 }],
  ['%i %i %i %i %i', 4.9, 5n, '12.5px', {}, Symbol('a')],
  ['%f %f %f %f', '1.5x', Symbol('a'), 2n, -0],
  ['%j %j %j', { a: 1 }, undefined, () => {}],
  ['%j', circular],
  ['%O', nested(6, (a) => [a])],
  ['%o', nested(6, (a) => [a])],
  ['%o %o', { a: [1, { b: 2 }] }, 'text'],
  ['%o', (() => function foo() {})()],
  ['%c%s', 'color: red', 'styled'],
  ['%s', 'x', 'y', { z: 1 }],
]

describe('format joins values like Node', () => {
  test.each(calls.map((call) => [node.inspect(call, { breakLength: Infinity, depth: 0 }), call] as const))(
    '%s',
    (_name, call) => {
      expect(format(call)).toBe(node.format(...call))
    },
  )
})

describe('inspect does not throw for', () => {
  const raise = () => {
    throw new Error('trap')
  }
  const traps = new Proxy({}, { get: () => raise })
  const hostile: Record<string, [unknown, string]> = {
    'a proxy whose traps all throw': [new Proxy({}, traps), '[Unreadable]'],
    'a property whose trap throws': [
      new Proxy(
        { a: 1 },
        {
          getOwnPropertyDescriptor: (target, key) =>
            key === 'a' ? raise() : Reflect.getOwnPropertyDescriptor(target, key),
        },
      ),
      '[Unreadable]',
    ],
    'an inspector that throws': [
      { a: 1, [node.inspect.custom]: raise },
      '{ a: 1, Symbol(nodejs.util.inspect.custom): [Function: raise] }',
    ],
    'a getter for a tag': [
      {
        b: {
          get [Symbol.toStringTag]() {
            return raise()
          },
        },
      },
      '{ b: [Unreadable] }',
    ],
    'a revoked proxy': [
      (() => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return [1, proxy]
      })(),
      '[ 1, [Unreadable] ]',
    ],
    'a name that throws': [Object.defineProperty(new Error('x'), 'name', { get: raise }), '[Unreadable]'],
    'a brand that does not hold': [Object.create(Map.prototype), 'Map {}'],
  }
  test.each(Object.entries(hostile))('%s', (_name, [value, shown]) => {
    expect(inspect(value)).toBe(shown)
  })

  test('an endless prototype chain', () => {
    const endless = (): object => new Proxy({}, { getPrototypeOf: endless })
    expect(inspect(endless())).toContain('Object')
  })

  test('an object that cannot be converted to a string', () => {
    expect(format(['%s %d %j', { toString: raise }, { valueOf: raise }, { toJSON: raise }])).toBe(
      '{ toString: [Function: raise] } NaN { toJSON: [Function: raise] }',
    )
  })
})

describe('inspect stops', () => {
  test('at endless recursion of custom inspectors', () => {
    const endless: object = {
      [node.inspect.custom]: (_depth: number, options: object, show: typeof inspect) => `${show(endless, options)}.`,
    }
    expect(inspect(endless)).toMatch(/^…\.{50}$/)
    expect(inspect([1])).toBe('[ 1 ]')
  })

  test('at a maximum depth, whatever the option', () => {
    const text = inspect(
      nested(5000, (a) => [a]),
      { depth: Infinity, breakLength: Infinity },
    )
    expect(text).toContain('[Array]')
  })

  test('at about a million characters', () => {
    const bushy = (levels: number): unknown =>
      levels === 0 ? 'leaf' : nested(1, (inner) => [inner, inner, inner], bushy(levels - 1))
    const text = inspect(bushy(60), { depth: Infinity })
    expect(text.length).toBeLessThan(2_000_000)
    expect(text).toContain('…')
  })

  test('within an object of many keys', () => {
    const text = inspect(Object.fromEntries(range(200_000, (index) => [`key ${index}`, index])))
    expect(text.length).toBeLessThan(2_000_000)
    expect(text).toContain('…')
  })
})
