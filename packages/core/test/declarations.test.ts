import { describe, expect, it } from 'vitest'
import type { Tool } from '../src/catalog/tool.ts'
import { declarationsFromTools, typeFromSchema } from '../src/declarations/declarations.ts'
import type { Position } from '../src/schema/reader.ts'
import type { JsonSchema } from '../src/values/json-schema.ts'

const typeOf = (schema: JsonSchema, position: Position = 'output') => typeFromSchema(schema, { name: 'T', position })
const exactly = (schema: JsonSchema) => typeOf(schema, 'value').type

const tool = (name: string, rest: Partial<Tool> = {}): Tool => ({ name, execute: () => 1, ...rest })
const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest })

describe('the type of a schema', () => {
  it.each<[JsonSchema, string]>([
    [{ type: 'string' }, 'string'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ type: ['object', 'null'], properties: { a: { type: 'string' } } }, '{ a?: string } | null'],
    [{ enum: ['a', 1, null] }, '"a" | 1 | null'],
    [{ type: 'string', enum: ['a', 1] }, '"a"'],
    [{ const: { a: [1] } }, '{ a: [1] }'],
    [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'number' }] } }, '(string | number)[]'],
    [{ type: 'array' }, 'unknown[]'],
    [{ type: 'array', items: { type: 'string' }, minItems: 1 }, 'string[]'],
    [{ type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 }, '[number, number]'],
    [
      { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], minItems: 1, items: false },
      '[string, number?]',
    ],
    [{ type: 'array', items: [{ type: 'string' }], additionalItems: { type: 'number' } }, '[string?, ...number[]]'],
    [{ type: 'object' }, 'Record<string, unknown>'],
    [{ type: 'object', additionalProperties: false }, 'Record<string, never>'],
    [{ type: 'object', additionalProperties: { type: 'integer' } }, 'Record<string, number>'],
    [object({ n: { type: 'number' } }, { additionalProperties: true }), '{ n?: number; [key: string]: unknown }'],
    [
      object({ n: { type: 'number' } }, { additionalProperties: { type: 'string' } }),
      '{ n?: number; [key: string]: string | number | undefined }',
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a TypeScript type
    [{ type: 'object', patternProperties: { '^x-': { type: 'number' } } }, '{ [key: `x-${string}`]: number }'],
    [
      {
        type: 'object',
        additionalProperties: { enum: ['on', 'off'] },
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
      },
      '{ [key: string]: "on" | "off" } & ({ a: "on" | "off" } | { b: "on" | "off" })',
    ],
    [
      { type: 'object', propertyNames: { enum: ['a', 'b'] }, additionalProperties: { type: 'string' } },
      '{ a?: string; b?: string }',
    ],
    [{ allOf: [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, { enum: ['a'] }] }, '"a"'],
    [{ allOf: [object({ a: { type: 'string' } }), object({ b: { type: 'number' } })] }, '{ a?: string; b?: number }'],
    [{ allOf: [object({ a: { type: ['string', 'null'] } }), object({ a: { type: 'string' } })] }, '{ a?: string }'],
    [{ type: 'string', nullable: true }, 'string | null'],
    [{ type: 'object', not: { required: ['a'] } }, '{ a?: never }'],
    [{ type: ['string', 'number'], not: { type: 'string' } }, 'number'],
    [{ type: 'object', dependentRequired: { a: ['b'] } }, '{ a?: never } | { a: unknown; b: unknown }'],
    [
      {
        type: 'object',
        if: { properties: { k: { const: 1 } }, required: ['k'] },
        // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
        then: { required: ['a'] },
        else: { required: ['b'] },
      },
      '{ k: 1; a: unknown } | { k?: unknown; b: unknown }',
    ],
    [
      object({ a: {}, b: {} }, { additionalProperties: false, anyOf: [{ required: ['a'] }, { required: ['b'] }] }),
      '{ a?: unknown; b?: unknown } & ({ a: unknown } | { b: unknown })',
    ],
    [true, 'unknown'],
    [false, 'never'],
    [{}, 'unknown'],
  ])('%j is %s', (schema, type) => {
    expect(typeOf(schema)).toEqual({ declarations: '', type, warnings: [] })
  })

  it('is exact on request', () => {
    expect(exactly({ properties: { a: { type: 'string' } } })).toBe(
      'string | number | boolean | unknown[] | { a?: string; [key: string]: unknown } | null',
    )
    expect(exactly({ type: 'array', items: { type: 'string' }, minItems: 1 })).toBe('[string, ...string[]]')
  })

  it('is an object for the input of a tool, with optional properties for defaults', () => {
    expect(typeOf({ properties: { a: { default: 1 }, b: {} }, required: ['a', 'b'] }, 'input').type).toBe(
      '{\n  /** @default 1 */\n  a?: unknown\n  b: unknown\n}',
    )
    expect(typeOf(object({ a: { type: 'number', default: 1 } }, { required: ['a'] }), 'output').type).toContain(
      'a: number',
    )
  })

  it('ignores negations that it cannot express', () => {
    expect(exactly({ not: { type: 'string', minLength: 5 } })).toBe('unknown')
    expect(exactly({ type: 'number', not: { type: 'integer' } })).toBe('number')
  })

  it('distinguishes alternatives by their discriminator', () => {
    const document = {
      oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }],
      discriminator: { propertyName: 'kind', mapping: { hound: '#/components/schemas/Dog' } },
      components: { schemas: { Cat: object({ kind: { type: 'string' } }), Dog: object({ kind: { type: 'string' } }) } },
    }
    expect(typeOf(document).type).toBe('{ kind: "Cat" } | { kind: "Dog" | "hound" }')
  })
})

describe('references', () => {
  it('become a named type when they are recursive', () => {
    const node = object({ next: { $ref: '#/$defs/node' }, all: { type: 'array', items: { $ref: '#/$defs/node' } } })
    const { declarations, type } = typeOf({ $ref: '#/$defs/node', $defs: { node } })
    expect(declarations).toBe('type Node = { next?: Node; all?: Node[] }\n')
    expect(type).toBe('Node')
  })

  it('never give two definitions, or a definition and a built-in type, the same name', () => {
    const named = (key: string) => object({ [key]: { type: 'string', description: 'A long description, said twice.' } })
    const twice = (key: string) => object({ one: { $ref: `#/$defs/${key}` }, two: { $ref: `#/$defs/${key}` } })
    const { declarations } = typeOf(
      object(
        { a: twice('a_b'), b: twice('aB'), c: twice('record') },
        { $defs: { a_b: named('x'), aB: named('y'), record: named('z') } },
      ),
    )
    expect([...declarations.matchAll(/^type (\w+)/gm)].map(([, name]) => name)).toEqual(
      expect.arrayContaining(['One', 'One2', 'One3']),
    )
  })

  it.each<[string, JsonSchema, string]>([
    [
      'keep sibling keywords',
      { $ref: '#/$defs/a', required: ['b'], $defs: { a: object({ b: {} }) } },
      '{ b: unknown }',
    ],
    [
      'ignore sibling keywords up to draft-07',
      {
        $schema: 'http://json-schema.org/draft-07/schema#',
        $ref: '#/definitions/a',
        required: ['b'],
        definitions: { a: object({ b: {} }) },
      },
      '{ b?: unknown }',
    ],
    ['decode escapes', { $ref: '#/$defs/a~1b%25c~0d', $defs: { 'a/b%c~d': { type: 'string' } } }, 'string'],
    ['resolve anchors', { $ref: '#here', $defs: { a: { $anchor: 'here', type: 'string' } } }, 'string'],
    ['resolve identifiers', { $ref: 'urn:x:y', $defs: { a: { $id: 'urn:x:y', type: 'string' } } }, 'string'],
    ['may refer to the whole schema', { anyOf: [{ type: 'string' }, { $ref: '#' }] }, 'string'],
  ])('%s', (_, schema, type) => {
    expect(typeOf(schema).type).toBe(type)
  })

  it('resolve to given documents only', () => {
    const schema = { $ref: 'https://example.com/a.json#/definitions/b' }
    const documents = { 'https://example.com/a.json': { definitions: { b: { type: 'string' } } } }
    expect(typeFromSchema(schema, { name: 'T', documents }).type).toBe('string')
    expect(typeFromSchema(schema, { name: 'T' })).toMatchObject({
      type: 'unknown',
      warnings: [{ pointer: '#/$ref', message: expect.stringContaining('cannot resolve') }],
    })
  })

  it.each<[string, JsonSchema]>([
    ['to itself', { $ref: '#' }],
    ['in a circle', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }],
    ['to nothing', { $ref: '#/$defs/none' }],
    ['by an unknown type', { type: 'strnig' }],
  ])('cause a warning: %s', (_, schema) => {
    const { type, warnings } = typeOf(schema)
    expect(type).toBe('unknown')
    expect(warnings).not.toEqual([])
  })
})

describe('declarations of tools', () => {
  const declare = (tools: readonly Tool[], options: object = {}) =>
    declarationsFromTools(tools, { namespace: 'n', ...options })

  it('quote keys where necessary and escape the ends of comments', () => {
    const inputSchema = object({
      'content-type': { type: 'string' },
      __proto__x: { description: 'a */ b\nc\u2028d' },
      constructor: { type: 'number' },
    })
    const { text } = declare([tool('a', { description: 'ends */ here', inputSchema })])
    expect(text).toContain('"content-type"?: string')
    // For TypeScript, every object has a constructor.
    expect(text).toContain('constructor?: number | Function')
    expect(text.match(/\*\//g)).toHaveLength(2)
  })

  it('keep a property called __proto__', () => {
    const inputSchema = JSON.parse('{ "type": "object", "properties": { "__proto__": { "type": "number" } } }')
    expect(declare([tool('a', { inputSchema })]).text).toContain('__proto__?: number')
  })

  it('never give two tools the same name', () => {
    const { text } = declare([tool('get_user'), tool('getUser'), tool('get-user')])
    expect(new Set(text.match(/function \w+/g)).size).toBe(3)
  })

  it('declare a structure once that several tools share', () => {
    const address = object({ street: { type: 'string', description: 'With its number' }, city: { type: 'string' } })
    const inputSchema = object({ home: address, work: address })
    const { text } = declare([
      tool('a', { inputSchema }),
      tool('b', { inputSchema: object({ homes: { type: 'array', items: address } }) }),
    ])
    expect(text.match(/street/g)).toHaveLength(1)
    expect(text).toContain('homes?: Home[]')
  })

  it('stay small when definitions refer to each other', () => {
    const names = Array.from({ length: 9 }, (_, index) => `d${index}`)
    const $defs = Object.fromEntries(
      names.map((name) => [
        name,
        object(Object.fromEntries(names.map((other) => [other, { $ref: `#/$defs/${other}` }]))),
      ]),
    )
    const { text } = declare([tool('a', { inputSchema: object({ x: { $ref: '#/$defs/d0' } }, { $defs }) })])
    expect(text.length).toBeLessThan(3_000)
  })

  it('do not depend on the order of keywords in a schema', () => {
    const schema = { type: 'object', required: ['b', 'a'], properties: { a: { type: 'string', minLength: 1 } } }
    const reordered = { properties: { a: { minLength: 1, type: 'string' } }, required: ['a', 'b'], type: 'object' }
    expect(declare([tool('a', { inputSchema: reordered })])).toEqual(declare([tool('a', { inputSchema: schema })]))
  })

  it('state in a comment what a type cannot express', () => {
    const inputSchema = object({
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 10, description: 'How many' },
      id: { type: 'string', format: 'uuid', title: 'Id' },
      name: { type: 'string', minLength: 1, maxLength: 5, pattern: '^[a-z]+$', examples: ['abc', 'de'] },
      old: { deprecated: true },
      tags: { type: 'array', items: { type: 'string', maxLength: 3 }, uniqueItems: true },
    })
    const { text } = declare([
      tool('a', { description: 'Does it', inputSchema, annotations: { destructiveHint: true } }),
    ])
    for (const line of [
      '/** How many. int, 1..100, @default 10 */',
      '/** uuid */',
      '/** length 1..5, /^[a-z]+$/, e.g. "abc", "de" */',
      '/** @deprecated */',
      '/** unique, each length <= 3 */',
      '/** Does it. Destructive. */',
    ]) {
      expect(text).toContain(line)
    }
  })

  it('use shorter styles to meet a budget and report what they omit', () => {
    const tools = Array.from({ length: 20 }, (_, index) => {
      const description = `Sentence ${index}. ${'And more. '.repeat(40)}`
      return tool(`tool${index}`, {
        description: 'Does things.',
        inputSchema: object({ a: { type: 'string', description } }),
      })
    })
    const full = declare(tools)
    expect(full).toMatchObject({ style: 'full', omitted: [] })
    const compact = declare(tools, { maxTokens: 1_000 })
    expect(compact.style).toBe('compact')
    const signatures = declare(tools, { maxTokens: 200 })
    expect(signatures.style).toBe('signatures')
    expect(signatures.text).toContain('tool19({ a? })\n')
    const few = declare(tools, { maxTokens: 30 })
    expect(few.style).toBe('index')
    expect(few.omitted.at(-1)).toMatch(/^\d+ of 20 tools$/)
    expect(few.text).toMatch(/^\/\* n, 20 tools\ntool0, tool1, .*, and \d+ more \*\/\n$/)
    expect(few.text.length).toBeLessThanOrEqual(30 * 3.5)
  })

  it('report the tool and the pointer of what they cannot express', () => {
    const { warnings } = declare([tool('a', { inputSchema: object({ x: { $ref: '#/nowhere' } }) })])
    expect(warnings).toMatchObject([{ tool: 'n.a', side: 'input', pointer: '#/properties/x/$ref' }])
  })
})
