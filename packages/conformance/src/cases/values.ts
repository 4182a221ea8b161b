import assert from 'node:assert/strict'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

/** Expressions and their values on the host. Each is tested as a result, and as the input and output of a tool. */
const KINDS: readonly (readonly [id: string, expression: string, value: unknown])[] = [
  ['undefined', 'undefined', undefined],
  ['null', 'null', null],
  ['numbers', '[0, -0, NaN, Infinity, -Infinity, 1.5e300]', [0, -0, Number.NaN, Infinity, -Infinity, 1.5e300]],
  ['bigint', '[12345678901234567890n, -1n, 0n]', [12345678901234567890n, -1n, 0n]],
  ['strings', '["", "a\\u0000b", "😀", "\\ud800", "\\u2028"]', ['', 'a\u0000b', '😀', '\ud800', '\u2028']],
  ['dates', '[new Date(5)]', [new Date(5)]],
  [
    'map',
    'new Map([["a", 1], [{ k: 1 }, new Map()]])',
    new Map<unknown, unknown>([
      ['a', 1],
      [{ k: 1 }, new Map()],
    ]),
  ],
  ['set', 'new Set([1, "1", new Set([2])])', new Set([1, '1', new Set([2])])],
  ['regexp', '/a(?<n>b)+/giu', /a(?<n>b)+/giu],
  ['bytes', 'new Uint8Array([1, 2, 255])', new Uint8Array([1, 2, 255])],
  ['float64', 'new Float64Array([1.5, -2])', new Float64Array([1.5, -2])],
  ['bigint64', 'new BigInt64Array([5n])', new BigInt64Array([5n])],
  ['buffer', 'new Uint8Array([9, 8]).buffer', new Uint8Array([9, 8]).buffer],
  ['data-view', 'new DataView(new Uint8Array([7]).buffer)', new DataView(new Uint8Array([7]).buffer)],
  ['boxed', '[Object(1), Object("s"), Object(true)]', [Object(1), Object('s'), Object(true)]],
  ['holes', '[1, , 3]', [1, , 3]],
  ['undefined-property', '({ a: undefined, b: 1 })', { a: undefined, b: 1 }],
  ['proto-key', 'JSON.parse(\'{"__proto__": 1, "constructor": 2}\')', JSON.parse('{"__proto__": 1, "constructor": 2}')],
  ['class-of-data', 'new (class P { x = 1 })()', { x: 1 }],
  ['class-with-methods', '[new (class P { x = 1; #y = 2; get z() { return 3 } move() {} })()]', [{ x: 1 }]],
  ['class-with-json', '[new (class P { x = 1; toJSON() { return { y: 2 } } })()]', [{ y: 2 }]],
  ['class-with-json-of-text', '({ id: new (class Id { toJSON() { return "a" } })() })', { id: 'a' }],
]

const REFUSED: readonly (readonly [id: string, expression: string, where: RegExp])[] = [
  [
    'transferred-buffer',
    '(() => { const b = new ArrayBuffer(8); b.transfer(); return { b } })()',
    /^\$\.b is a buffer that was transferred/,
  ],
  [
    'view-of-a-transferred-buffer',
    '(() => { const v = new Uint8Array(8); v.buffer.transfer(); return [v] })()',
    /^\$\[0\] is a buffer that was transferred/,
  ],
  ['function', '({ a: [1, { save() {} }] })', /\$\.a\[1\]\.save is the function save/],
  ['symbol', '[Symbol("x")]', /\$\[0\] is a symbol/],
  ['promise', '({ later: Promise.resolve(1) })', /\$\.later is a Promise.*await/],
  ['weak-map', '({ "odd key": new WeakMap() })', /\$\["odd key"\] is an instance of WeakMap/],
  ['tools', '({ t: tools })', /\$\.t/],
]

const same = {
  id: 'values.identity',
  protects: 'shared references and cycles are preserved',
  run: async ({ run }: Parameters<ConformanceCase['run']>[0]) => {
    const result = await run(
      'const shared = { n: 1 }; const all = { a: shared, b: [shared] }; all.self = all; return all',
    )
    assert.ok(result.ok)
    const { a, b, self } = result.value as { a: object; b: object[]; self: object }
    assert.equal(a, b[0])
    assert.equal(self, result.value)
  },
}

export const values: readonly ConformanceCase[] = [
  ...KINDS.flatMap(([id, expression, value]) => [
    {
      id: `values.out.${id}`,
      protects: `a result arrives on the host unchanged (${id.replaceAll('-', ' ')})`,
      run: async ({ run }: Parameters<ConformanceCase['run']>[0]) => returned(await run(`return ${expression}`), value),
    },
    {
      id: `values.round.${id}`,
      protects: `a value passes through a tool unchanged (${id.replaceAll('-', ' ')})`,
      run: async ({ run }: Parameters<ConformanceCase['run']>[0]) => {
        let seen: unknown
        const echo = (input: unknown) => {
          seen = input
          return input
        }
        // The array keeps an undefined value from becoming an empty input.
        returned(await run(`return (await tools.echo([${expression}]))[0]`, { tools: { echo } }), value)
        assert.deepEqual(seen, [value])
      },
    },
  ]),
  ...REFUSED.map(([id, expression, where]) => ({
    id: `values.refused.${id}`,
    protects: `an unsupported value is rejected with its type and path (${id.replaceAll('-', ' ')})`,
    run: async ({ run }: Parameters<ConformanceCase['run']>[0]) => {
      assert.match(
        failed(await run(`return ${expression}`, { tools: { noop: () => 1 } }), 'VALUE_NOT_SERIALIZABLE').message,
        where,
      )
    },
  })),
  same,
  {
    id: 'values.methods-of-objects',
    protects: 'function properties of class instances are omitted from a result with a warning',
    run: async ({ run }) => {
      const result = await run(
        'class User { name = "Ada"; greet = () => 1 }; return { user: new User(), all: [new User()] }',
      )
      returned(result, { user: { name: 'Ada' }, all: [{ name: 'Ada' }] })
      assert.match(result.warnings?.join(' ') ?? '', /\$\.user\.greet/)
    },
  },
  {
    id: 'values.methods-in-inputs',
    protects: 'an input with a function property is rejected with its path and not silently reduced',
    run: async ({ run }) => {
      const { message } = failed(
        await run('class User { greet = () => 1 }; return tools.noop({ user: new User() })', {
          tools: { noop: () => 1 },
        }),
        'VALUE_NOT_SERIALIZABLE',
      )
      assert.match(message, /\$\.user\.greet is the function greet/)
    },
  },
  {
    id: 'values.errors',
    protects: 'errors arrive as errors, with their cause and without the stack of the other side',
    run: async ({ run }) => {
      const fail = () => new RangeError('inner', { cause: new Error('deep') })
      const result = await run(
        'const e = await tools.fail(); return { e, isError: e instanceof RangeError, stack: e.stack }',
        { tools: { fail } },
      )
      assert.ok(result.ok)
      const { e, isError, stack } = result.value as { e: Error; isError: boolean; stack: string }
      assert.ok(e instanceof RangeError && isError)
      assert.equal(e.message, 'inner')
      assert.equal((e.cause as Error).message, 'deep')
      assert.equal(stack, 'RangeError: inner')
    },
  },
  {
    id: 'values.invalid-date',
    protects: 'an invalid date stays an invalid date in both directions',
    run: async ({ run }) => {
      const result = await run(
        'const d = await tools.echo(new Date(NaN)); return [d instanceof Date && Number.isNaN(d.getTime()), d]',
        { tools: { echo: (input: unknown) => input } },
      )
      assert.ok(result.ok)
      const [isInvalid, date] = result.value as [boolean, Date]
      assert.ok(isInvalid && date instanceof Date && Number.isNaN(date.getTime()))
    },
  },
  {
    id: 'values.pooled-bytes',
    protects: 'a view of a larger buffer, such as a pooled Node buffer, transfers only its own bytes',
    run: async ({ run }) => {
      const slab = new Uint8Array(1_000).fill(42)
      const result = await run('const b = await tools.part(); return [b.length, b.buffer.byteLength]', {
        tools: { part: () => slab.subarray(10, 20) },
      })
      returned(result, [10, 10])
    },
  },
  {
    id: 'values.deep',
    protects: 'deeply nested values do not overflow the stack on either side',
    run: async ({ run }) => {
      const result = await run('let a = []; for (let i = 0; i < 20_000; i++) a = [a]; return a')
      assert.ok(result.ok)
      let depth = 0
      for (let at = result.value as unknown[]; at.length > 0; at = at[0] as unknown[]) depth++
      assert.equal(depth, 20_000)
    },
  },
  {
    id: 'values.structured-clone',
    protects: 'structuredClone follows the same rules as results and inputs',
    run: async ({ run }) => {
      returned(
        await run(`const m = new Map([[1, new Date(3)]]); const c = structuredClone(m)
          let refused; try { structuredClone(() => {}) } catch (e) { refused = e.name }
          return [c !== m, c.get(1).getTime(), refused]`),
        [true, 3, 'DataCloneError'],
      )
    },
  },
]
