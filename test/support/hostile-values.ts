import fc from 'fast-check'

/** A payload of the protocol: the format letter of the codec and its text. A compromised guest may send any payload. */
export type Payload = string

const MAX_LENGTH = 1_000_000

/** Repeats an item until the list has about the given length. */
const listOf = (item: string, length: number): string => {
  const count = Math.max(1, Math.floor(length / (item.length + 1)))
  return `[${Array(count).fill(item).join(',')}]`
}

const nest = (open: string, close: string, depth: number): string => `${open.repeat(depth)}1${close.repeat(depth)}`

/** Creates codec graphs of about the given number of characters. Expanded, they may be far larger. */
const SHAPES: readonly ((length: number) => Payload)[] = [
  // One text with many references.
  (length) => `g[[1],["a",${listOf('[2]', length / 2)}],["o","name",${JSON.stringify('x'.repeat(length / 2))}]]`,
  // Each node references the next one two or three times.
  (length) => {
    const levels = Math.floor(length / 30)
    const nodes = Array.from({ length: levels }, (_, at) => `["a",[[${at + 2}],[${at + 2}]]]`)
    return `g[[1],${nodes.join(',')},["a",[]]]`
  },
  (length) => {
    const levels = Math.min(4_000, Math.floor(length / 60))
    const nodes = Array.from(
      { length: levels - 1 },
      (_, at) => `["e","AggregateError","m","errors",[${at + 2}],"cause",[${at + 2}]]`,
    )
    return `g[[1],${nodes.join(',')},["a",[]]]`
  },
  // Hundreds of thousands of small values.
  (length) => `j${listOf('0', length)}`,
  (length) => `j${listOf('{}', length)}`,
  (length) => `j${listOf('""', length)}`,
  (length) => `j${listOf('{"a":[{"b":null}]}', length)}`,
  (length) => `g[[1],["a",${listOf('["h"]', Math.min(length, 500_000))}]]`,
  (length) => `g[[1],["a",${listOf('["n"]', length)}]]`,
  (length) => `g[[1],["a",${listOf('["B","ff"]', length)}]]`,
  (length) => `g[["B","${'f'.repeat(length)}"]]`,
  (length) => `g[[1],["S",${Array.from({ length: length / 10 }, (_, at) => `"k${at}"`).join(',')}]]`,
  (length) =>
    `g[[1],["m",${Array.from({ length: Math.min(3_900, length / 20) }, (_, at) => `${at * 4_194_304},${at}`).join(',')}]]`,
  // Thousands of values without a JSON form.
  (length) => many('["d",0]', length),
  (length) => many('["e","Error","message"]', Math.min(length, 3_900 * 24)),
  (length) => many('["O","text"]', length),
  (length) => many('["b","AAAA"]', length),
  (length) => many('["v","Uint8Array","AAAA",0,3]', length),
  (length) => many('["m"]', length),
  (length) => `g[[1],["O",${JSON.stringify('x'.repeat(length))}]]`,
  (length) => `g[[1],["b","${'A'.repeat(Math.floor(length / 4) * 4)}"]]`,
  // Deep nesting.
  (length) => `j${nest('[', ']', Math.min(length / 2, 200_000))}`,
  (length) => `j${nest('{"a":', '}', Math.min(length / 6, 100_000))}`,
  (length) => {
    const depth = Math.floor(length / 16)
    return `g[[1],${Array.from({ length: depth }, (_, at) => `["o","a",[${at + 2}]]`).join(',')},["o"]]`
  },
  // Cycles.
  (length) => `g[[1],["a",${listOf('[1]', length)}]]`,
  // Many keys.
  (length) => `j{${Array.from({ length: length / 12 }, (_, at) => `"k${at}":0`).join(',')}}`,
  (length) => `j{${Array.from({ length: length / 12 }, (_, at) => `"${at * 7}":0`).join(',')}}`,
  (length) => `j{"${'k'.repeat(length)}":0}`,
  (length) => `g[[1],["o","__proto__",[2]],["o","then","x"]]${' '.repeat(Math.min(length, 100))}`,
  // Escapes.
  (length) => `j"${'\\u0000'.repeat(length / 6)}"`,
  (length) => `j"${'\\ud83d'.repeat(length / 6)}"`,
]

function many(node: string, length: number): Payload {
  const count = Math.max(1, Math.floor(length / (node.length + 8)))
  const references = Array.from({ length: count }, (_, at) => `[${at + 2}]`)
  return `g[[1],["a",[${references.join(',')}]],${Array(count).fill(node).join(',')}]`
}

/** Length of a payload. Most are short, so that many can be tried; one in twenty has up to a million characters. */
const length = fc.oneof(
  { weight: 15, arbitrary: fc.integer({ min: 20, max: 5_000 }) },
  { weight: 4, arbitrary: fc.integer({ min: 5_000, max: 100_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 100_000, max: MAX_LENGTH }) },
)

/** Position at which a payload is truncated. Applies to one payload in twenty. */
const cut = fc.oneof({ weight: 19, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat() })

export const hostilePayload: fc.Arbitrary<Payload> = fc
  .tuple(fc.constantFrom(...SHAPES), length, cut)
  .map(([shape, size, cutAt]) => {
    const payload = shape(size)
    return cutAt === null ? payload : payload.slice(0, 1 + (cutAt % payload.length))
  })

/** Schemas that are costly to validate: patterns, alternatives, references, uniqueness, defaults. */
export const hostileSchema: fc.Arbitrary<object> = fc.letrec((tie) => {
  const schema = tie('schema') as fc.Arbitrary<object>
  const few = fc.array(schema, { minLength: 1, maxLength: 4 })
  return {
    schema: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'schema' },
      fc.constantFrom<object>(
        {},
        { type: 'string', minLength: 2, maxLength: 2 ** 40 },
        { type: 'string', pattern: '(a+)+$' },
        { type: 'string', pattern: '^(\\w+\\s?)*$' },
        { type: 'string', pattern: '^[a-z]+$' },
        { type: 'string', contentEncoding: 'base64' },
        { enum: Array.from({ length: 3_000 }, (_, at) => `v${at}`) },
        { enum: [{ a: 1 }, [1, 2], null, 'x'] },
        { const: { deep: [[[]]] } },
        { type: 'array', uniqueItems: true },
        { $ref: '#' },
        { $ref: '#/$defs/other' },
        { type: 'object', patternProperties: { '(k+)+$': { type: 'number' } }, additionalProperties: false },
        { type: 'object', propertyNames: { pattern: '(k+)+$' } },
        { type: 'object', required: ['a'], properties: { a: { default: 'x'.repeat(50_000) } } },
      ),
      few.map((anyOf) => ({ anyOf })),
      few.map((oneOf) => ({ oneOf })),
      few.map((allOf) => ({ allOf })),
      schema.map((not) => ({ not })),
      schema.map((items) => ({ type: 'array', items })),
      schema.map((items) => ({ type: 'array', items, uniqueItems: true })),
      schema.map((contains) => ({ contains, minContains: 2 })),
      fc
        .tuple(schema, schema)
        .map(([a, additionalProperties]) => ({ type: 'object', properties: { a }, additionalProperties })),
      fc.tuple(schema, schema).map(([a, b]) => ({ properties: { a, b }, unevaluatedProperties: false })),
    ),
  }
}).schema as fc.Arbitrary<object>
