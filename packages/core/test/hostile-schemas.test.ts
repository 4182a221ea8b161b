import { describe, expect, it } from 'vitest'
import { typeFromSchema } from '../src/declarations/declarations.ts'
import type { JsonSchema } from '../src/values/json-schema.ts'

const convert = (schema: JsonSchema) => typeFromSchema(schema, { name: 'T' })
const object = (properties: object) => ({ type: 'object', properties })

/** Far more than any of these conversions takes, and far less than a conversion in more than linear time. */
const BUDGET_MS = 10_000

function within<Result>(action: () => Result): Result {
  const started = performance.now()
  const result = action()
  expect(performance.now() - started).toBeLessThan(BUDGET_MS)
  return result
}

describe('hostile schemas', () => {
  it('may have any characters in property names and are not confused with each other', () => {
    const object = (...names: string[]) => ({
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'number' }])),
    })
    for (let id = -1; id > -20; id--) {
      const { type } = convert({ anyOf: [object(`a\0${id}\0b`), object('a', 'b')] })
      expect(type.match(/\{/g)).toHaveLength(2)
    }
  })

  it('may be nested ten thousand levels deep', () => {
    let schema: JsonSchema = { type: 'string' }
    for (let depth = 0; depth < 10_000; depth++) schema = object({ a: schema })
    const { declarations } = within(() => convert(schema))
    expect(declarations.length).toBeGreaterThan(10_000)
    expect(declarations).toContain('string')
    for (let depth = 0, nested: JsonSchema = { type: 'string' }; depth < 10_000; depth++) {
      nested = depth % 2 === 0 ? { allOf: [nested] } : { not: nested }
      if (depth === 9_999) within(() => convert(nested))
    }
  })

  it('may have ten thousand definitions, each with a property of the next', () => {
    const $defs: Record<string, JsonSchema> = { d10000: { type: 'string' } }
    for (let index = 0; index < 10_000; index++)
      $defs[`d${index}`] = object({ next: { $ref: `#/$defs/d${index + 1}` } })
    const { declarations } = within(() => convert({ $ref: '#/$defs/d0', $defs }))
    expect(declarations).toContain('string')
  })

  it('may have ten thousand definitions that only refer to the next', () => {
    const $defs: Record<string, JsonSchema> = { d10000: { type: 'string' } }
    for (let index = 0; index < 10_000; index++) $defs[`d${index}`] = { $ref: `#/$defs/d${index + 1}` }
    const { type, declarations } = within(() => convert({ $ref: '#/$defs/d0', $defs }))
    expect(declarations + type).toContain('string')
  })

  it('may double in size with every reference', () => {
    const $defs: Record<string, JsonSchema> = { d64: { type: 'string' } }
    for (let index = 0; index < 64; index++) {
      const next = { $ref: `#/$defs/d${index + 1}` }
      $defs[`d${index}`] = object({ left: next, right: next })
    }
    const { declarations } = within(() => convert({ $ref: '#/$defs/d0', $defs }))
    expect(declarations.length).toBeLessThan(10_000)
  })

  it('may double in size with every alternative', () => {
    const $defs: Record<string, JsonSchema> = { d40: object({ x: { type: 'string' } }) }
    for (let index = 0; index < 40; index++) {
      const next = { $ref: `#/$defs/d${index + 1}` }
      $defs[`d${index}`] = {
        anyOf: [{ allOf: [next, object({ [`a${index}`]: {} })] }, { allOf: [next, object({ [`b${index}`]: {} })] }],
      }
    }
    const { declarations, type } = within(() => convert({ $ref: '#/$defs/d0', $defs }))
    expect((declarations + type).length).toBeLessThan(50_000)
  })

  it('may have ten thousand branches, properties and values', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => index)
    within(() => convert({ anyOf: many.map((index) => ({ const: index })) }))
    within(() => convert({ allOf: many.map((index) => object({ [`p${index}`]: { type: 'string' } })) }))
    within(() => convert({ anyOf: many.map((index) => object({ [`p${index}`]: { type: 'string' } })) }))
    expect(within(() => convert({ enum: many })).type).toContain('9999')
  })

  it('may be an object that contains itself', () => {
    const schema: Record<string, unknown> = { type: 'object' }
    schema.properties = { self: schema, other: { $ref: '#anchor' } }
    const { declarations } = within(() => convert(schema as JsonSchema))
    expect(declarations).toContain('self?: T')
  })

  it('may have property names that every object inherits', () => {
    const schema = JSON.parse(
      '{ "type": "object", "properties": { "__proto__": { "type": "string" }, "constructor": { "$ref": "#/$defs/toString" } }, "required": ["hasOwnProperty"] }',
    )
    const { type, warnings } = convert(schema)
    expect(type).toContain('__proto__?: string')
    expect(type).toContain('hasOwnProperty: unknown')
    expect(warnings).toMatchObject([{ pointer: '#/properties/constructor/$ref' }])
    expect(convert({ $ref: '#/constructor' }).type).toBe('unknown')
  })

  it('may have patterns that backtrack exponentially', () => {
    const pattern = '^(a+)+$'
    const schema = { type: 'object', patternProperties: { [pattern]: {} }, properties: { [`${'a'.repeat(40)}!`]: {} } }
    within(() => convert({ ...schema, propertyNames: { pattern } }))
  })

  it.each<[string, unknown]>([
    ['properties', 5],
    ['properties', { a: 5 }],
    ['required', 'a'],
    ['items', 5],
    ['anyOf', {}],
    ['allOf', [5, null]],
    ['enum', 'a'],
    ['$ref', 5],
    ['patternProperties', []],
    ['minItems', 'x'],
    ['dependentRequired', { a: 5 }],
    ['description', 5],
    ['examples', 5],
    ['default', 10n],
    ['$id', 'http://[bad'],
    ['$ref', 'http://[bad'],
    ['type', []],
    ['const', Number.NaN],
  ])('may have an invalid value for %s: %s', (keyword, value) => {
    expect(() => convert(object({ a: { [keyword]: value, properties: { b: { [keyword]: value } } } }))).not.toThrow()
  })
})
