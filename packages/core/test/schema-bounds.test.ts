import { describe, expect, it } from 'vitest'
import { assignIdentifiers, identifierFor } from '../src/catalog/identifiers.ts'
import { declarationsFromTools, typeFromSchema } from '../src/declarations/declarations.ts'
import type { JsonSchema } from '../src/values/json-schema.ts'
import { nearest } from '../src/values/nearest.ts'

/** At least ten times the measured time on a busy machine. Without bounds, each took minutes or gigabytes of memory. */
const BUDGET_MS = 10_000
const SIZE = 10_000

const range = (count: number) => Array.from({ length: count }, (_, index) => index)
const properties = (count: number, schemaOf: (index: number) => unknown) =>
  Object.fromEntries(range(count).map((index) => [`p${index}`, schemaOf(index)]))
const text = { type: 'string' }
const object = (members: object, rest: object = {}) => ({ type: 'object', properties: members, ...rest })
const referencesTo = (schema: object) =>
  object(
    properties(SIZE, () => ({ $ref: '#/$defs/e' })),
    { $defs: { e: schema } },
  )

function doubling(levels: number, name: string): Record<string, unknown> {
  const definitions: Record<string, unknown> = { [`${name}${levels}`]: object({ [name]: text }) }
  for (let level = 0; level < levels; level++) {
    const next = { $ref: `#/$defs/${name}${level + 1}` }
    definitions[`${name}${level}`] = object({ left: next, right: next, [name]: text })
  }
  return definitions
}

/** Measures CPU time, which varies less than wall time on a busy machine. */
function cpuMsOf<Result>(action: () => Result): { result: Result; ms: number } {
  const before = process.cpuUsage()
  const result = action()
  const { user, system } = process.cpuUsage(before)
  return { result, ms: (user + system) / 1_000 }
}

const HOSTILE: readonly (readonly [what: string, make: () => JsonSchema])[] = [
  ['references to a large enum', () => referencesTo({ enum: range(SIZE).map((value) => `v${value}`) })],
  [
    'references to a large default',
    () => referencesTo({ type: 'object', default: properties(SIZE, (index) => index) }),
  ],
  ['references to a schema of many keywords', () => referencesTo(properties(SIZE, (index) => index))],
  ['references to a long description', () => referencesTo({ type: 'string', description: 'word '.repeat(SIZE) })],
  [
    'identifiers relative to a long one',
    () =>
      object(
        { a: { $ref: 'q0' } },
        {
          $id: `http://x/${'a/'.repeat(SIZE)}`,
          $defs: Object.fromEntries(range(SIZE).map((index) => [`d${index}`, { $id: `q${index}` }])),
        },
      ),
  ],
  [
    'dynamic anchors of one name',
    () =>
      object(
        properties(SIZE, () => ({ $dynamicRef: '#d' })),
        { $defs: properties(SIZE, () => ({ $dynamicAnchor: 'd' })) },
      ),
  ],
  [
    'the product of two graphs that double',
    () => ({
      allOf: [{ $ref: '#/$defs/d0' }, { $ref: '#/$defs/e0' }],
      $defs: { ...doubling(60, 'd'), ...doubling(60, 'e') },
    }),
  ],
  [
    'patterns for keys',
    () =>
      object(
        properties(SIZE, () => text),
        {
          patternProperties: Object.fromEntries(range(SIZE).map((index) => [`^x${index}-`, { type: 'number' }])),
        },
      ),
  ],
  [
    'alternatives with a discriminator',
    () => ({
      oneOf: range(SIZE).map((index) => ({ $ref: `#/$defs/d${index}` })),
      discriminator: {
        propertyName: 'k',
        mapping: Object.fromEntries(range(SIZE).map((index) => [`m${index}`, `#/$defs/d${index}`])),
      },
      $defs: Object.fromEntries(range(SIZE).map((index) => [`d${index}`, object({ k: text })])),
    }),
  ],
  ['a million constants', () => object({ a: { enum: range(1_000_000) } })],
]

describe('an untrusted schema', () => {
  it.each(HOSTILE)('is converted in bounded time with %s', (_, make) => {
    const schema = make()
    const { result, ms } = cpuMsOf(() => typeFromSchema(schema, { name: 'T' }))
    expect(ms).toBeLessThan(BUDGET_MS)
    expect((result.declarations + result.type).length).toBeLessThan(5_000_000)
  })

  it('that exceeds a bound becomes a wider type, with a warning, and does not affect other tools', () => {
    const hostile = {
      allOf: [{ $ref: '#/$defs/d0' }, { $ref: '#/$defs/e0' }],
      $defs: { ...doubling(60, 'd'), ...doubling(60, 'e') },
    }
    const execute = () => 1
    const { text: declarations, warnings } = declarationsFromTools(
      [
        { name: 'hostile', inputSchema: hostile, execute },
        { name: 'kind', inputSchema: object({ city: text }, { required: ['city'] }), execute },
      ],
      { namespace: 'server' },
    )
    expect(declarations).toContain('city: string')
    expect(declarations).toContain('hostile')
    expect(warnings).not.toEqual([])
  })

  it('may have a pattern that matches only the empty key', () => {
    const { type } = typeFromSchema({ type: 'object', patternProperties: { '^$': { type: 'number' } } }, { name: 'T' })
    expect(type).not.toMatch(/\[key: string\]: number/)
  })
})

describe('untrusted names', () => {
  it('become identifiers in linear time if they collide', () => {
    const names = range(20_000).map(
      (index) => `a${[...index.toString(2)].map((bit) => (bit === '1' ? '-' : '_')).join('')}`,
    )
    const { result, ms } = cpuMsOf(() => assignIdentifiers([...names, 'a_2', 'a_3']))
    expect(ms).toBeLessThan(BUDGET_MS)
    expect(new Set(result).size).toBe(names.length + 2)
  })

  it('become identifiers of bounded length in linear time', () => {
    const { result, ms } = cpuMsOf(() => identifierFor(`a${'\u0301'.repeat(100_000)}${'\u0323'.repeat(100_000)}`))
    expect(ms).toBeLessThan(BUDGET_MS)
    expect(result.length).toBeLessThan(1_000)
  })

  it('are compared with a misspelled name in bounded time', () => {
    const known = range(20_000).map((index) => `tool${index}${'x'.repeat(200)}`)
    const { ms } = cpuMsOf(() => nearest('tol'.repeat(1_000), known))
    expect(ms).toBeLessThan(BUDGET_MS)
  })
})
