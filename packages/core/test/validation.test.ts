import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseSchema } from '../src/catalog/standard-schema.ts'
import { defineTool } from '../src/catalog/tool.ts'
import { createCodeMode } from '../src/code-mode.ts'
import { encode } from '../src/protocol/codec.ts'
import { compileSchema } from '../src/protocol/compile.ts'
import { createSandbox } from '../src/sandbox/sandbox.ts'
import { planRequiredDefaults } from '../src/validation/required-defaults.ts'
import { checkPayload, schemaParser } from '../src/validation/schema-validator.ts'
import type { JsonSchema } from '../src/values/json-schema.ts'
import type { ParseContext } from '../src/values/parse.ts'
import { measureValue } from '../src/values/value-size.ts'
import { ScriptedAdapter } from './scripted-adapter.ts'

const parse = (schema: JsonSchema, value: unknown, context?: Partial<ParseContext>) =>
  schemaParser(schema, 'input')(
    value,
    context && { size: measureValue(value), maxCharacters: 16 * 1024 * 1024, ...context },
  )
const problemsOf = async (schema: JsonSchema, value: unknown, context?: Partial<ParseContext>) => {
  const parsed = await parse(schema, value, context)
  return 'problems' in parsed ? parsed.problems : []
}
const valueOf = async (schema: JsonSchema, value: unknown, context?: Partial<ParseContext>) => {
  const parsed = await parse(schema, value, context)
  return 'value' in parsed ? parsed.value : parsed
}

/** Measures CPU time in ms. The budgets below are at least ten times the values measured on a slow machine. */
async function cpuMsOf(action: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await action()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

const objects = (length: number) => Array.from({ length }, (_, id) => ({ id }))
const REFUSED = [expect.stringMatching(/would take too long here/)]

describe('schema validation', () => {
  it.each([
    ['a text', { type: 'string' }],
    ['an enum', { enum: ['a', 'b'] }],
    ['a constant', { const: 'a' }],
    ['a reference', { $ref: '#/$defs/text', $defs: { text: { type: 'string' } } }],
    ['a union', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
    ['all of several', { allOf: [{ type: 'string' }] }],
  ])('accepts null for %s that is `nullable`, and the same other values', async (_, schema) => {
    const nullable = { ...schema, nullable: true }
    expect(await problemsOf(schema, null)).not.toEqual([])
    expect(await problemsOf(nullable, null)).toEqual([])
    expect(await problemsOf(nullable, 'a')).toEqual([])
    expect(await problemsOf(nullable, true)).not.toEqual([])
  })

  it.each(['#/definitions/missing', 'https://example.com/other.json', '#missing', 'other.json#/x'])(
    'accepts any value for a reference to nothing: %s',
    async ($ref) => {
      const schema = { $id: 'https://example.com/this.json', properties: { a: { $ref }, b: { type: 'string' } } }
      expect(await problemsOf(schema, { a: 1, b: 'x' })).toEqual([])
      expect(await problemsOf(schema, { b: 1 })).toEqual(['b: must be string'])
    },
  )

  it.each(['\\Aabc\\Z', '\\Qa.b\\E', '(?i)^abc$', 'a++'])(
    'does not assert the pattern of another language: %s',
    async (pattern) => {
      expect(await problemsOf({ pattern }, 'xyz')).toEqual([])
    },
  )

  it('asserts a pattern that is only valid without the flag `u`', async () => {
    const schema = { pattern: '^https\\:\\/\\/' }
    expect(await problemsOf(schema, 'https://example.com')).toEqual([])
    expect(await problemsOf(schema, 'ftp://example.com')).not.toEqual([])
  })

  it('agrees with the validation library', async () => {
    const differences: string[] = []
    for (const draft of ['draft4', 'draft6', 'draft7', 'draft2019-09', 'draft2020-12']) {
      const file = new URL(`./data/json-schema-test-suite/${draft}.json`, import.meta.url)
      for (const [name, groups] of Object.entries(JSON.parse(await readFile(file, 'utf8')))) {
        // Key patterns that require a backtracking engine are ignored, so the results differ.
        if (name === 'patternProperties.json') continue
        for (const { schema, description, tests } of groups as Group[]) {
          // References to other documents are not asserted; the library rejects every value.
          if (/"\$ref":"(?:https?:|[\w/-]+\.json)/.test(JSON.stringify(schema))) continue
          for (const { data, valid, description: test } of tests) {
            const ours = (await problemsOf(schema, data)).length === 0
            const theirs = attempt(() => compileSchema(schema).Check(data))
            if (ours !== valid && ours !== theirs && theirs !== 'threw')
              differences.push(`${draft} ${description}: ${test}`)
          }
        }
      }
    }
    expect(differences).toEqual([])
  })

  it('supports an enum of any length', async () => {
    const schema = { enum: Array.from({ length: 50_000 }, (_, index) => `value ${index}`) }
    expect(await problemsOf(schema, 'value 49999')).toEqual([])
    expect(await problemsOf(schema, 'value 50000')).toEqual([
      expect.stringMatching(/^must be one of "value 0", .* and 49980 more$/),
    ])
    expect(await problemsOf({ enum: [{ a: 1, b: 2 }, null] }, { b: 2, a: 1 })).toEqual([])
  })

  it('finds duplicates in linear time', async () => {
    const schema = { type: 'array', uniqueItems: true }
    expect(await cpuMsOf(() => problemsOf(schema, objects(20_000)))).toBeLessThan(5_000)
    expect(await problemsOf(schema, [...objects(100), { id: 5 }])).toEqual(['must not have duplicate items'])
    expect(await problemsOf(schema, [1, '1', true, 'true', null, 'null', { a: 1 }, [1]])).toEqual([])
    expect(
      await problemsOf(schema, [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ).toEqual(['must not have duplicate items'])
  })

  it('measures lengths in code points, without overflow', async () => {
    expect(await problemsOf({ type: 'string', minLength: 2 ** 30 }, 'short')).not.toEqual([])
    expect(await problemsOf({ type: 'string', minLength: 2 ** 40 }, 'short')).not.toEqual([])
    expect(await problemsOf({ type: 'string', maxLength: 2 ** 40 }, 'short')).toEqual([])
    expect(await problemsOf({ type: 'string', maxLength: 2 }, '😀😀')).toEqual([])
    expect(await problemsOf({ type: 'string', minLength: 3 }, '😀😀')).toEqual([
      'must not have fewer than 3 characters',
    ])
    expect(await problemsOf({ type: 'array', minItems: 2 ** 40 }, [1])).not.toEqual([])
  })

  it('treats a format as an annotation', async () => {
    expect(await problemsOf({ type: 'string', format: 'uuid' }, 'c5a1f1c0aabbccddeeff001122334455')).toEqual([])
  })

  it('evaluates a pattern in linear time even if other engines would backtrack', async () => {
    const schema = { type: 'string', pattern: '(a+)+$' }
    expect(await cpuMsOf(() => problemsOf(schema, `${'a'.repeat(5_000)}b`))).toBeLessThan(5_000)
    expect(await problemsOf(schema, 'aab')).toEqual(['must match pattern "(a+)+$"'])
    expect(await problemsOf(schema, 'baa')).toEqual([])
  })

  it.each([
    ['a reference', { $ref: '#/x-hidden/y', 'x-hidden': { y: { pattern: '(a+)+$' } } }],
    ['a reference into a constant', { $ref: '#/const', const: { pattern: '(a+)+$' } }],
    ['names of properties', { propertyNames: { pattern: '(a+)+$' } }],
    ['patterns for keys', { patternProperties: { '(a+)+$': {} }, additionalProperties: false }],
    ['a condition', { if: { pattern: '(a+)+$' }, else: false }],
  ])('evaluates a hostile pattern in %s without backtracking', async (_, schema) => {
    const text = `${'a'.repeat(200)}b`
    expect(await cpuMsOf(() => problemsOf(schema, text))).toBeLessThan(5_000)
    expect(await cpuMsOf(() => problemsOf(schema, { [text]: 1 }))).toBeLessThan(5_000)
  })

  it('ignores patterns that are invalid in JavaScript or use lookaround', async () => {
    for (const pattern of ['(?i)^abc$', '(?<=.*a)b', 'a++', '\\Aabc\\Z(']) {
      expect(await problemsOf({ type: 'string', pattern }, 'anything')).toEqual([])
    }
  })
})

describe('a pattern that is not evaluated', () => {
  it('is listed in the warnings of a code mode', async () => {
    const input = {
      type: 'object',
      properties: { a: { type: 'string', pattern: '(?=.*x)y' }, b: { type: 'string', pattern: '^ok$' } },
      patternProperties: { 'k.*k': {} },
    }
    await using sandbox = createSandbox(new ScriptedAdapter(() => {}), { ready: 0 })
    await using codeMode = await createCodeMode({
      sandbox,
      tools: { get: defineTool({ inputSchema: input, execute: () => 1 }) },
    })
    const { warnings } = codeMode
    expect(warnings.filter(({ message }) => /not asserted/.test(message))).toEqual([
      { tool: 'tools.get', side: 'input', pointer: '#', message: expect.stringMatching(/^the patterns for keys/) },
      {
        tool: 'tools.get',
        side: 'input',
        pointer: '#/properties/a',
        message:
          'the pattern (?=.*x)y is not asserted: it has a part that RE2 does not support, such as a lookaround or a backreference',
      },
    ])
  })
})

describe('a value for a schema that requires JSON', () => {
  const listOfTexts = { type: 'object', properties: { list: { type: 'array', items: { type: 'string' } } } }
  const open = {
    type: 'object',
    properties: {
      any: {},
      map: { type: 'object' },
      when: { type: 'string' },
      file: { type: 'string', contentEncoding: 'base64' },
    },
  }

  it.each([
    [listOfTexts, { list: new Array(3) }, 'list is an array with a hole at 0'],
    [listOfTexts, { list: Object.assign(['x'], { extra: 1 }) }, 'list is an array with keys other than its indices'],
    [open, { map: new Map([['a', 1]]) }, 'map is a Map, and the schema asks for JSON'],
    [open, { map: new Set() }, 'map is a Set, and the schema asks for JSON'],
    [open, { map: new Date(0) }, 'map is a Date, and the schema asks for JSON'],
    [open, { map: /x/ }, 'map is a RegExp, and the schema asks for JSON'],
    [open, { map: new Error('x') }, 'map is an Error, and the schema asks for JSON'],
    [open, { map: new Uint8Array(3) }, 'map is bytes, and the schema asks for JSON'],
    [open, { when: Object('x') }, 'when is a boxed primitive, and the schema asks for JSON'],
    [open, { when: new Date(Number.NaN) }, 'when is an invalid Date, and the schema asks for JSON'],
    [open, new Map(), 'it is a Map, and the schema asks for JSON'],
    [
      { type: 'array', items: { $ref: '#/$defs/o' }, $defs: { o: { type: 'object' } } },
      [new Map()],
      '[0] is a Map, and the schema asks for JSON',
    ],
    [
      { type: 'object', additionalProperties: { type: 'object' } },
      { 'a b': new Map() },
      '["a b"] is a Map, and the schema asks for JSON',
    ],
  ])('is refused at its path (%#)', async (schema, value, problem) => {
    expect(await problemsOf(schema, value)).toEqual([problem])
  })

  it('is converted to a string for a date and to base64 for bytes', async () => {
    expect(await valueOf(open, { when: new Date(0), file: new Uint8Array([1, 2, 3]) })).toEqual({
      when: '1970-01-01T00:00:00.000Z',
      file: 'AQID',
    })
    expect(await valueOf({ anyOf: [{ type: 'string', format: 'date-time' }, { type: 'null' }] }, new Date(0))).toBe(
      '1970-01-01T00:00:00.000Z',
    )
  })

  it('is unchanged if the schema does not constrain it', async () => {
    const value = { any: new Map([['a', 1]]) }
    expect(await valueOf(open, value)).toBe(value)
    expect(await valueOf(true, value.any)).toBe(value.any)
  })
})

describe('a value without a JSON form, for a schema that does not require JSON', () => {
  it.each([new Uint8Array(2), Object('xx'), /x/g, new Error('x')])('has no members (%#)', async (value) => {
    const schema = { not: { anyOf: [{ required: ['0'] }, { required: ['lastIndex'] }, { required: ['message'] }] } }
    expect(await valueOf(schema, value)).toBe(value)
    const inside = { a: [value, value] }
    expect(await valueOf({ properties: { a: { contains: schema, minContains: 2 } } }, inside)).toBe(inside)
    const within = { properties: { a: { items: { not: schema } } } }
    expect(await problemsOf(within, inside)).not.toEqual([])
  })

  it('gets no defaults', async () => {
    const alternatives = Array.from({ length: 70 }, () => ({ minProperties: 0 }))
    const schema = { allOf: alternatives, required: ['a'], properties: { a: { default: 1 } } }
    expect(await problemsOf(schema, new Uint8Array(2))).toEqual(['a is missing'])
    expect(await valueOf(schema, {})).toEqual({ a: 1 })
  })
})

function countedItems(depth: number): JsonSchema {
  let schema: JsonSchema = { type: 'number' }
  for (let level = 0; level < depth; level++) schema = { contains: schema, minContains: 1, maxContains: 2 }
  return schema
}

describe('the error for an invalid object', () => {
  const user = {
    type: 'object',
    properties: { userId: { type: 'string' }, address: { type: 'object', properties: { city: {} } } },
    required: ['userId'],
    additionalProperties: false,
  }

  it.each([
    [{ userid: 'u1' }, ['userId is missing', 'unknown userid (did you mean userId?)']],
    [{ userId: 'u1', colour: 1 }, ['unknown colour (there is userId, address)']],
    ['u1', ['must be object: { userId, address? }']],
    [{ userId: 'u1', address: 'x' }, ['address: must be object: { city? }']],
  ])('lists the existing fields: %j', async (value, problems) => {
    expect(await problemsOf(user, value)).toEqual(problems)
  })

  it('lists the problems of each branch of a Zod union', async () => {
    const schema = z.object({ at: z.union([z.object({ day: z.number() }), z.object({ text: z.string() })]) })
    const { parse } = parseSchema('input', schema)
    expect(await parse?.({ at: { day: 'x' } })).toEqual({
      problems: [expect.stringMatching(/^at: Invalid input \(day: .*number.*, or text: .*string.*\)$/)],
    })
  })
})

describe('a costly check', () => {
  const exponential = {
    $ref: '#/$defs/node',
    $defs: {
      node: {
        anyOf: [
          { type: 'object', properties: { a: { $ref: '#/$defs/node' } }, required: ['x'] },
          { type: 'object', properties: { a: { $ref: '#/$defs/node' } }, required: ['y'] },
          { type: 'number' },
        ],
      },
    },
  }
  const nested = (depth: number): unknown => {
    let value: unknown = 1
    for (let level = 0; level < depth; level++) value = { a: value, x: 1 }
    return value
  }

  const lists = (depth: number): unknown => {
    let value: unknown = 1
    for (let level = 0; level < depth; level++) value = [value]
    return value
  }

  it('runs on the main thread if its cost for the value is low', async () => {
    expect(await problemsOf(exponential, nested(3))).toEqual([])
    const tree = { type: 'object', properties: { left: { $ref: '#' }, right: { $ref: '#' } } }
    let value: object = {}
    for (let level = 0; level < 12; level++) value = { left: value, right: structuredClone(value) }
    expect(await problemsOf(tree, value)).toEqual([])
  })

  it.each([
    ['alternatives that refer to themselves', exponential, nested(60)],
    ['a schema that is nothing but itself', { anyOf: [{ $ref: '#' }, { $ref: '#' }] }, 1],
    [
      'a thousand alternatives for a thousand items',
      {
        type: 'array',
        items: { anyOf: Array.from({ length: 1_000 }, (_, at) => ({ type: 'object', required: [`k${at}`] })) },
      },
      objects(1_000),
    ],
    ['deep definitions of definitions', chain(25), 1],
    ['thousands of references', manyReferences(2_000), { p0: 1 }],
    ['a schema of a thousand levels', deepSchema(1_000), {}],
    ['items that are counted, each of which is a list of such', { contains: { $ref: '#' }, minContains: 1 }, lists(60)],
    ['counted items of counted items', countedItems(16), lists(1)],
  ])('for %s is rejected if it could not be stopped', async (_, schema, value) => {
    expect(await cpuMsOf(async () => expect(await problemsOf(schema, value)).toEqual(REFUSED))).toBeLessThan(5_000)
  })

  it('runs elsewhere if the context provides a way', async () => {
    const asked: [JsonSchema, unknown][] = []
    const checkElsewhere = async (schema: JsonSchema, value: unknown) => {
      asked.push([schema, value])
      return ['found elsewhere']
    }
    expect(await problemsOf(exponential, nested(60), { checkElsewhere })).toEqual(['found elsewhere'])
    expect(asked).toEqual([[exponential, nested(60)]])
    expect(await problemsOf(exponential, nested(3), { checkElsewhere })).toEqual([])
  })

  it('has the same result elsewhere', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string', pattern: '^x' } }, required: ['a'] }
    expect(await checkPayload(JSON.stringify(schema), 'j{"a":"x"}', 'input')).toEqual([])
    expect(await checkPayload(JSON.stringify(schema), 'j{"a":"y"}', 'input')).toEqual(['a: must match pattern "^x"'])
    expect(await checkPayload(JSON.stringify(deepSchema(2_000)), 'j{}', 'input')).toEqual([
      expect.stringMatching(/too large, or nested too deeply/),
    ])
  })
})

describe('defaults', () => {
  const schema = {
    type: 'array',
    items: { type: 'object', properties: { a: { default: { text: 'x'.repeat(10_000) } } }, required: ['a'] },
  }

  it('are copied once for a value, however often they are used', async () => {
    const filled = (await valueOf(schema, [{}, {}, { a: 1 }])) as { a: unknown }[]
    expect(filled[0]?.a).toEqual({ text: 'x'.repeat(10_000) })
    expect(filled[0]?.a).toBe(filled[1]?.a)
    expect(filled[0]?.a).not.toBe(schema.items.properties.a.default)
    expect(filled[2]).toEqual({ a: 1 })
  })

  it('count toward the size of a value at each use', async () => {
    const value = Array.from({ length: 5_000 }, () => ({}))
    expect(await problemsOf(schema, value, { maxCharacters: 16 * 1024 * 1024 })).toEqual([
      'it is too large with its defaults',
    ])
  })

  it('count toward the size of a value exactly like existing members', async () => {
    const given = { list: [{}, { a: 1 }], z: [[]] }
    const shape = {
      properties: { list: schema, more: { default: [1, 'two', null] } },
      required: ['more'],
    }
    for (const value of [given, { list: [given.list[0], given.list[0]] }]) {
      const filled = planRequiredDefaults(shape)?.(value, measureValue(value))
      expect(filled?.value).toHaveProperty('more', [1, 'two', null])
      expect(filled?.size).toEqual(measureValue(filled?.value))
    }
  })

  it('are filled in within a time that is linear in their number', async () => {
    const names = Array.from({ length: 20_000 }, (_, at) => `p${at}`)
    const properties = Object.fromEntries(names.map((name) => [name, { default: 1 }]))
    const fill = planRequiredDefaults({ properties, required: names })
    expect(await cpuMsOf(async () => fill?.({}, measureValue({})))).toBeLessThan(5_000)
  })

  it('are filled in once for a shared part', async () => {
    const shared = [{}]
    const filled = (await valueOf({ type: 'array', items: schema }, [shared, shared])) as unknown[]
    expect(filled[0]).toEqual([{ a: { text: 'x'.repeat(10_000) } }])
    expect(filled[0]).toBe(filled[1])
  })

  it('are not sent to a remote check, which fills them in', async () => {
    const unique = { ...schema, uniqueItems: true }
    const value = Array.from({ length: 1_000 }, () => ({}))
    const asked: unknown[] = []
    const checkElsewhere = async (_: JsonSchema, sent: unknown) => {
      asked.push(sent)
      return []
    }
    const filled = await valueOf(unique, value, { checkElsewhere, maxCharacters: 16 * 1024 * 1024 })
    expect(filled).toHaveLength(1_000)
    expect(asked).toEqual([value])
    expect(await checkPayload(JSON.stringify(unique), encode([{ a: 1 }, {}]), 'input')).toEqual([])
    expect(await checkPayload(JSON.stringify(unique), encode([{ a: 1 }, {}]), 'output')).toEqual(['1: a is missing'])
  })
})

interface Group {
  readonly schema: JsonSchema
  readonly description: string
  readonly tests: readonly { readonly data: unknown; readonly valid: boolean; readonly description: string }[]
}

function attempt(check: () => boolean): boolean | 'threw' {
  try {
    return check()
  } catch {
    return 'threw'
  }
}

/** Creates a chain of definitions in which each applies the next one twice. */
function chain(length: number): JsonSchema {
  const definitions: Record<string, unknown> = { [`d${length}`]: { type: 'number' } }
  for (let at = 0; at < length; at++) {
    definitions[`d${at}`] = { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] }
  }
  return { $ref: '#/$defs/d0', $defs: definitions }
}

function manyReferences(count: number): JsonSchema {
  const numbers = Array.from({ length: count }, (_, at) => at)
  return {
    properties: Object.fromEntries(numbers.map((at) => [`p${at}`, { $ref: `#/$defs/d${at}` }])),
    $defs: Object.fromEntries(numbers.map((at) => [`d${at}`, { type: 'number' }])),
  }
}

function deepSchema(depth: number): JsonSchema {
  let schema: JsonSchema = { type: 'string' }
  for (let level = 0; level < depth; level++) schema = { type: 'object', properties: { a: schema } }
  return schema
}
