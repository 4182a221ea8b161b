import assert from 'node:assert/strict'
import { defineTool, type ExecutionErrorCode } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'
import { keepsHostFree } from '../host-cpu.ts'

/** Codes of rejected inputs: by the number of characters and bytes, or by the number of values. */
const REFUSED: readonly ExecutionErrorCode[] = ['LIMIT_MESSAGE_SIZE', 'TOOL_INPUT_INVALID']

/**
 * Values of about a megabyte when encoded, and of hundreds of megabytes when every reference is followed, as validation
 * and serialization do.
 */
const SHARED: readonly (readonly [id: string, code: string])[] = [
  ['elements', 'const row = { name: "x".repeat(1e6) }; const value = Array(300).fill(row)'],
  [
    'map-values',
    'const row = ["x".repeat(1e6)]; const value = new Map(Array.from({ length: 300 }, (_, i) => [i, row]))',
  ],
  [
    'map-keys',
    'const row = ["x".repeat(1e6)]; const value = new Map(Array.from({ length: 300 }, (_, i) => [[row], i]))',
  ],
  ['set-members', 'const row = ["x".repeat(1e6)]; const value = new Set(Array.from({ length: 300 }, () => [row]))'],
  ['keys', 'const row = { ["x".repeat(1e6)]: 1 }; const value = Array.from({ length: 300 }, () => ({ row }))'],
  ['messages', 'const error = new Error("x".repeat(1e6)); const value = Array(300).fill(error)'],
  [
    'causes',
    'const cause = ["x".repeat(1e6)]; const value = Array.from({ length: 300 }, () => new Error("", { cause }))',
  ],
  [
    'aggregate-errors',
    'let value = new AggregateError([], "x".repeat(1_000)); for (let i = 0; i < 10; i++) value = new AggregateError([value, value, value])',
  ],
  ['boxed-strings', 'const boxed = Object("x".repeat(1e6)); const value = Array(300).fill(boxed)'],
  [
    'views',
    'const { buffer } = new Uint8Array(500_000); const value = Array.from({ length: 300 }, () => new Uint8Array(buffer))',
  ],
  ['buffers', 'const { buffer } = new Uint8Array(500_000); const value = Array(300).fill(buffer)'],
  ['bigints', 'const row = [1n << 1_000_000n]; const value = Array(600).fill(row)'],
  ['regular-expressions', 'const r = new RegExp("x".repeat(900)); const value = Array(90_000).fill(r)'],
  ['doubling', 'let value = ["x".repeat(1_000)]; for (let i = 0; i < 30; i++) value = { left: value, right: value }'],
  ['numbers', 'const row = Array(10_000).fill(1); const value = Array(10_000).fill(row)'],
  ['holes', 'const row = []; row.length = 20_000; const value = Array(1_000).fill(row)'],
]

const shared = (id: string, protects: string, run: ConformanceCase['run']): ConformanceCase => ({
  id: `host-floods.shared-${id}`,
  protects,
  run,
})

const megabyte = 'x'.repeat(1_000_000)

/** Outputs that a hostile tool server may return. */
const OUTPUTS: readonly (readonly [id: string, make: () => unknown])[] = [
  ['elements', () => Array(300).fill({ name: megabyte })],
  ['strings', () => new Map(Array.from({ length: 100 }, (_, index) => [`${index}`, [megabyte]]))],
  [
    'causes',
    () => {
      const cause = [megabyte]
      return Array.from({ length: 300 }, () => new Error('', { cause }))
    },
  ],
  [
    'views',
    () => {
      const { buffer } = new Uint8Array(500_000)
      return Array.from({ length: 300 }, () => new Uint8Array(buffer))
    },
  ],
  [
    'doubling',
    () => {
      let value: object = [megabyte.slice(0, 1_000)]
      for (let index = 0; index < 30; index++) value = { left: value, right: value }
      return value
    },
  ],
]

/** Schemas that compare or match each element, so that validation follows every reference. */
const SCHEMAS: readonly (readonly [id: string, schema: object, code: string])[] = [
  ['unique-items', { type: 'array', uniqueItems: true }, SHARED[0]?.[1] ?? ''],
  [
    'unique-errors',
    { type: 'array', uniqueItems: true },
    `${SHARED.find(([id]) => id === 'aggregate-errors')?.[1]}; value = [value, value]`,
  ],
  [
    'pattern',
    { type: 'array', items: { type: 'object', properties: { name: { type: 'string', pattern: '^(?:x|y)*$' } } } },
    SHARED[0]?.[1] ?? '',
  ],
]

/**
 * Cases with values that repeat shared parts. The guest's heap holds a shared part once, but code on the host that
 * walks the value visits it at each reference. The limits of results, inputs and outputs therefore count each
 * reference.
 */
export const sharedValues: readonly ConformanceCase[] = [
  ...SHARED.map(([id, code]) =>
    shared(`result-${id}`, 'the result limit counts a shared part at each reference', (context) =>
      keepsHostFree(context.sandbox, async () => {
        failed(await context.run(`${code}; return value`), 'LIMIT_RESULT_SIZE')
      }),
    ),
  ),
  ...SHARED.map(([id, code]) =>
    shared(
      `input-${id}`,
      'an input counts a shared part at each reference and is rejected before its tool runs',
      (context) =>
        keepsHostFree(context.sandbox, async () => {
          let ran = false
          const take = () => {
            ran = true
          }
          const program = `${code}; return await tools.take(value).then(() => 'taken', (error) => error.code)`
          const result = await context.run(program, { tools: { take } })
          assert.ok(result.ok, JSON.stringify(result).slice(0, 300))
          assert.ok(REFUSED.includes(result.value as ExecutionErrorCode), `${result.value}`)
          assert.equal(ran, false)
        }),
    ),
  ),
  ...OUTPUTS.map(([id, make]) =>
    shared(`output-${id}`, 'an output counts a shared part at each reference, and its call fails', (context) =>
      keepsHostFree(context.sandbox, async () => {
        const program = `return await tools.make().then(() => 'made', (error) => error.code)`
        returned(await context.run(program, { tools: { make } }), 'LIMIT_MESSAGE_SIZE')
      }),
    ),
  ),
  ...SCHEMAS.map(([id, schema, code]) =>
    shared(`schema-${id}`, 'an input that is too large is rejected before it is validated', (context) =>
      keepsHostFree(context.sandbox, async () => {
        const take = defineTool({ inputSchema: schema, execute: () => assert.fail('the tool ran') })
        const program = `${code}; return await tools.take(value).then(() => 'taken', (error) => error.code)`
        const result = await context.run(program, { tools: { take } })
        assert.ok(result.ok && REFUSED.includes(result.value as ExecutionErrorCode), JSON.stringify(result))
      }),
    ),
  ),
  shared('within-bounds', 'a value with shared parts that is within the limits arrives unchanged', async ({ run }) => {
    const code = `const row = { name: 'x'.repeat(1_000) }
      const result = await tools.echo({ rows: Array(300).fill(row) })
      return [result.rows.length, new Set(result.rows).size]`
    returned(await run(code, { tools: { echo: (input: unknown) => input } }), [300, 1])
  }),
  shared('cycles', 'a graph of cycles, whose expansion is infinite, is walked in bounded time', (context) =>
    keepsHostFree(context.sandbox, async () => {
      const code = `const nodes = Array.from({ length: 40 }, () => ({ text: 'x'.repeat(100) }))
        nodes.forEach((node, i) => { node.left = node.right = nodes[(i + 1) % 40] })
        return nodes[0]`
      const result = await context.run(code)
      if (!result.ok) assert.equal(result.error.code, 'LIMIT_RESULT_SIZE')
    }),
  ),
]
