/** Generates schemas with any combination of common keywords, and values that are often valid under such schemas. */
import fc, { type Arbitrary, type MaybeWeightedArbitrary } from 'fast-check'
import type { Schema, SchemaObject } from './subschemas.ts'

/**
 * A small set of names and values, so that keywords interact, such as a `required` that names a property. Names such as
 * `toString` are excluded: TypeScript finds them on every object, so a type cannot express that they are optional.
 */
const KEYS = ['a', 'b', 'x-1', 'x-2']
const SCALARS = [null, true, false, 0, 1, 2.5, -3, '', 'a', 'x-1', 'longer']
const TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object']
const REFERENCES = ['#', '#/$defs/one', '#/$defs/two']
const PATTERNS = ['^x-', '^x-1', '^b$', '1$', 'a|b']
const DEEPEST = 3

const key = fc.constantFrom(...KEYS)
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 3 })
const bound = fc.integer({ min: -1, max: 3 })
const size = fc.integer({ min: 0, max: 3 })

const INHERITED = new RegExp(`"(${Object.getOwnPropertyNames(Object.prototype).join('|')})":`)
const hasNoInheritedName = (value: unknown): boolean => !INHERITED.test(JSON.stringify(value))

/**
 * Values of the same names and scalars, and other JSON values, which are seldom valid but independent of the schema.
 */
export const arbitraryValue: Arbitrary<unknown> = fc.oneof(
  {
    arbitrary: fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: DEEPEST, depthIdentifier: 'value' },
        { arbitrary: fc.constantFrom<unknown>(...SCALARS), weight: 2 },
        { arbitrary: fc.array(tie('value'), { maxLength: 4 }), weight: 1 },
        { arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }), weight: 3 },
      ),
    })).value,
    weight: 6,
  },
  { arbitrary: fc.jsonValue({ maxDepth: DEEPEST }).filter(hasNoInheritedName), weight: 1 },
)

const oneType = fc.constantFrom(...TYPES).map((type) => ({ type }))
const someTypes = fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 3 }).map((type) => ({ type }))

/** Keywords without subschemas. */
const plainKeywords = fc.oneof<MaybeWeightedArbitrary<SchemaObject>[]>(
  { arbitrary: oneType, weight: 4 },
  { arbitrary: someTypes, weight: 2 },
  fc.uniqueArray(arbitraryValue, { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values })),
  arbitraryValue.map((value) => ({ const: value })),
  fc.constantFrom(...REFERENCES).map(($ref) => ({ $ref })),
  fc.record({ minLength: size, maxLength: size }, { requiredKeys: [] }),
  fc.constantFrom('^x-', '^a$', 'e').map((pattern) => ({ pattern })),
  fc.record(
    { minimum: bound, maximum: bound, exclusiveMinimum: bound, multipleOf: fc.constantFrom(1, 2.5) },
    { requiredKeys: [] },
  ),
  fc.record({ minItems: size, maxItems: size, uniqueItems: fc.boolean() }, { requiredKeys: [] }),
  fc.record({ minProperties: size, maxProperties: size }, { requiredKeys: [] }),
  keys.map((required) => ({ required })),
  fc
    .dictionary(key, keys, { minKeys: 1, maxKeys: 2, noNullPrototype: true })
    .map((map) => ({ dependentRequired: map })),
)

/** Combines a few keywords, because a schema with all of them would accept few values. The last of equal names wins. */
const merged = (...parts: Arbitrary<SchemaObject>[]): Arbitrary<SchemaObject> =>
  fc.array(fc.oneof(...parts), { minLength: 1, maxLength: 4 }).map((some) => Object.assign({}, ...some))

const { schema } = fc.letrec<{ schema: Schema; keywords: SchemaObject; objects: SchemaObject; arrays: SchemaObject }>(
  (tie) => {
    const sub = tie('schema')
    const some = fc.array(sub, { minLength: 1, maxLength: 3 })
    const byKey = fc.dictionary(key, sub, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
    return {
      schema: fc.oneof(
        { maxDepth: 2, depthIdentifier: 'schema' },
        { arbitrary: fc.oneof({ arbitrary: oneType, weight: 4 }, plainKeywords, fc.boolean()), weight: 2 },
        {
          arbitrary: fc.array(tie('keywords'), { maxLength: 3 }).map((parts) => Object.assign({}, ...parts)),
          weight: 3,
        },
        {
          arbitrary: fc.tuple(tie('objects'), tie('keywords')).map(([one, other]) => ({ ...other, ...one })),
          weight: 2,
        },
        { arbitrary: tie('arrays'), weight: 1 },
      ),
      keywords: fc.oneof<MaybeWeightedArbitrary<SchemaObject>[]>(
        { arbitrary: plainKeywords, weight: 4 },
        { arbitrary: tie('objects'), weight: 3 },
        { arbitrary: tie('arrays'), weight: 2 },
        some.map((anyOf) => ({ anyOf })),
        some.map((oneOf) => ({ oneOf })),
        some.map((allOf) => ({ allOf })),
        sub.map((not) => ({ not })),
        // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
        fc.record({ if: sub, then: sub, else: sub }, { requiredKeys: ['if'] }),
      ),
      objects: merged(
        fc.constant({ type: 'object' }),
        byKey.map((properties) => ({ properties })),
        keys.map((required) => ({ required })),
        fc.oneof(fc.boolean(), sub).map((additionalProperties) => ({ additionalProperties })),
        fc
          .dictionary(fc.constantFrom(...PATTERNS), sub, { minKeys: 1, maxKeys: 2, noNullPrototype: true })
          .map((patternProperties) => ({ patternProperties })),
        fc
          .oneof<Arbitrary<Schema>[]>(
            keys.map((names) => ({ enum: names })),
            fc.constant({ pattern: '^x-' }),
            sub,
          )
          .map((propertyNames) => ({ propertyNames })),
      ),
      arrays: merged(
        fc.constant({ type: 'array' }),
        sub.map((items) => ({ items })),
        some.map((prefixItems) => ({ prefixItems })),
        size.map((minItems) => ({ minItems })),
        size.map((maxItems) => ({ maxItems })),
        sub.map((contains) => ({ contains })),
      ),
    }
  },
)

/** A 2020-12 document whose schemas refer to each other, to themselves and to the root. */
export const arbitrarySchema: Arbitrary<Schema> = fc
  .tuple(schema, schema, schema)
  .map(([root, one, two]) => (typeof root === 'boolean' ? root : { ...root, $defs: { one, two } }))
