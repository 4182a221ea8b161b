/** Generates schemas that are small but costly: references multiply the cost of a definition. */
import fc, { type Arbitrary } from 'fast-check'
import type { Schema, SchemaObject } from './schema-proof/subschemas.ts'

/** Maximum length of a schema as JSON, in characters. Definitions of longer schemas are dropped. */
const MAX_LENGTH = 100_000
const DEFINITIONS = ['a', 'b', 'c', 'd', 'e', 'f']
/** Characters whose long runs have broken regular expressions, normalization, comments or indentation. */
const UNITS = ['x', ' ', '\n', '*/', '_', '-', 'a\u0301\u0323', '(a+)+$', '\\', '~1', '%25', '\u2028', '\ud800', 'A.']

const count = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 5 }), weight: 1 },
  { arbitrary: fc.integer({ min: 100, max: 2_000 }), weight: 2 },
)
const text = fc.tuple(fc.constantFrom(...UNITS), count).map(([unit, times]) => unit.repeat(times))
const reference = fc.oneof(
  { arbitrary: fc.constantFrom('#', ...DEFINITIONS.map((name) => `#/$defs/${name}`)), weight: 8 },
  fc.constantFrom('#anchor', 'other', 'http://x/y', '#/$defs/a/properties/k0', '#/$defs/a/allOf/0', '#/nowhere'),
  text.map((long) => `#/${long}`),
)
const refer = reference.map(($ref): SchemaObject => ({ $ref }))

const times = <Item>(amount: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: amount }, (_, index) => make(index))
const byKey = (amount: number, prefix: string, make: (index: number) => unknown): SchemaObject =>
  Object.fromEntries(times(amount, (index) => [`${prefix}${index}`, make(index)]))

const lists = fc.constantFrom('allOf', 'anyOf', 'oneOf', 'prefixItems')
const maps = fc.constantFrom('properties', 'patternProperties', 'dependentSchemas', '$defs')
const wrappers: readonly ((inner: Schema) => SchemaObject)[] = [
  (inner) => ({ type: 'object', properties: { k0: inner } }),
  (inner) => ({ type: 'array', items: inner }),
  (inner) => ({ allOf: [inner, { type: 'object', properties: { k1: {} } }] }),
  (inner) => ({ anyOf: [{ type: 'object', properties: { k0: inner }, required: ['k0'] }, { type: 'null' }] }),
  (inner) => ({ not: inner }),
  // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
  (inner) => ({ if: { required: ['k0'] }, then: { required: ['k1'] }, else: inner }),
  (inner) => ({ $id: 'deeper/', $defs: { inner }, properties: { k0: inner } }),
  (inner) => ({ type: 'object', additionalProperties: inner, propertyNames: { pattern: '^k' } }),
]

/** Keywords that a schema may combine. */
const keywords: Arbitrary<SchemaObject> = fc.oneof(
  refer,
  fc.tuple(lists, fc.array(refer, { maxLength: 6 })).map(([keyword, list]) => ({ [keyword]: list })),
  fc.tuple(lists, count, refer).map(([keyword, amount, item]) => ({ [keyword]: times(amount, () => item) })),
  fc
    .tuple(lists, count)
    .map(([keyword, amount]) => ({ [keyword]: times(amount, (index) => ({ properties: { [`k${index}`]: {} } })) })),
  fc.tuple(maps, count, refer).map(([keyword, amount, item]) => ({ [keyword]: byKey(amount, 'k', () => item) })),
  fc.tuple(count, refer).map(([amount, item]) => ({ patternProperties: byKey(amount, '^k', () => item) })),
  fc.tuple(count, fc.boolean()).map(([amount, isText]) => ({ enum: times(amount, (at) => (isText ? `v${at}` : at)) })),
  count.map((amount) => ({ required: times(amount, (index) => `k${index}`) })),
  count.map((amount) => ({ type: times(amount, () => 'object') })),
  count.map((amount) => byKey(amount, 'x-', (index) => index)),
  count.map((amount) => ({ default: byKey(amount, 'k', (index) => index), examples: times(amount, () => 'example') })),
  count.map((amount) => ({ $defs: byKey(amount, 'i', (index) => ({ $id: `i${index}`, $anchor: 'anchor' })) })),
  count.map((amount) => ({ discriminator: { propertyName: 'k0', mapping: byKey(amount, 'm', () => '#/$defs/a') } })),
  text.map((long) => ({ description: long, format: long, pattern: long, title: long })),
  text.map((long) => ({ $id: `http://x/${long}` })),
  text.map((long) => ({ type: 'object', properties: { [long]: { const: long } } })),
  fc.constantFrom<SchemaObject>(
    { type: 'object', additionalProperties: false },
    { unevaluatedProperties: false },
    { $dynamicAnchor: 'anchor', $dynamicRef: '#anchor' },
    { $schema: 'http://json-schema.org/draft-07/schema#' },
    { type: 'object', nullable: true },
  ),
)

const node = fc
  .array(keywords, { minLength: 1, maxLength: 4, size: 'max' })
  .map((parts): SchemaObject => Object.assign({}, ...parts))

/** Wraps a schema hundreds of times in the same way, or a few times in different ways. */
const nested = fc
  .tuple(node, fc.array(fc.tuple(fc.constantFrom(...wrappers), fc.integer({ min: 1, max: 400 })), { maxLength: 3 }))
  .map(([inner, layers]) => {
    let schema = inner
    for (const [wrap, depth] of layers) for (let level = 0; level < depth; level++) schema = wrap(schema)
    return schema
  })

/** Schemas with two references to the next definition of a chain. Expanded, a chain doubles with each definition. */
const links: readonly ((next: SchemaObject, name: string) => SchemaObject)[] = [
  (next, name) => ({ type: 'object', properties: { left: next, right: next, [name]: {} } }),
  (next, name) => ({ allOf: [next, { properties: { [name]: {} } }] }),
  (next, name) => ({ anyOf: [{ allOf: [next, { required: [name] }] }, { allOf: [next, { required: ['k0'] }] }] }),
  (next, name) => ({ type: 'array', prefixItems: [next, next, { const: name }] }),
  (next) => ({ patternProperties: { '^k': next, '^k0': next } }),
  (next) => next,
]

/** Chains of definitions, and a schema that combines all of them. */
const chains = fc
  .array(fc.tuple(fc.constantFrom(...links), fc.integer({ min: 1, max: 300 }), node), { minLength: 1, maxLength: 3 })
  .map((parts): { readonly root: SchemaObject; readonly $defs: SchemaObject } => {
    const $defs: { [name: string]: SchemaObject } = {}
    parts.forEach(([link, length, end], chain) => {
      for (let at = 0; at < length; at++)
        $defs[`${chain}-${at}`] = link({ $ref: `#/$defs/${chain}-${at + 1}` }, `${chain}-${at}`)
      $defs[`${chain}-${length}`] = end
    })
    return { root: { allOf: parts.map((_, chain) => ({ $ref: `#/$defs/${chain}-0` })) }, $defs }
  })

const definition = fc.oneof({ arbitrary: node, weight: 2 }, { arbitrary: nested, weight: 1 })

/** Documents of up to about 100 kB. Equal parts may share one object, so they are far larger as JSON than in memory. */
export const hostileSchema: Arbitrary<SchemaObject> = fc
  .tuple(
    definition,
    fc.array(definition, { minLength: 2, maxLength: DEFINITIONS.length, size: 'max' }),
    fc.option(chains, { freq: 2 }),
  )
  .map(([first, definitions, chain]) => {
    const root = chain === null ? first : { ...first, ...chain.root }
    const $defs: SchemaObject = { ...chain?.$defs }
    let length = sizeUpTo($defs, MAX_LENGTH)
    definitions.forEach((schema, index) => {
      length += sizeUpTo(schema, MAX_LENGTH)
      if (length <= MAX_LENGTH) Object.assign($defs, { [DEFINITIONS[index] as string]: schema })
    })
    return sizeUpTo(root, MAX_LENGTH) < MAX_LENGTH ? { ...root, $defs } : { $ref: '#/$defs/a', $defs }
  })

/** Estimates the length of a value as JSON, up to the limit. */
function sizeUpTo(root: unknown, limit: number): number {
  const pending = [root]
  let size = 0
  for (let value = pending.pop(); value !== undefined && size <= limit; value = pending.pop()) {
    size += typeof value === 'string' ? value.length + 3 : 4
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        size += Array.isArray(value) ? 1 : key.length + 3
        pending.push(inner)
      }
    }
  }
  return size
}
