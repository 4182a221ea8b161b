import type { Budget } from './bounds.ts'
import { type Json, own } from './json.ts'
import { ALL_KINDS, KINDS } from './type.ts'

/** Keywords by what they are about, as bits: one look at a schema tells which of them it has. */
export const GROUPS = {
  reference: 1,
  dynamic: 2,
  array: 4,
  object: 8,
  number: 16,
  string: 32,
  values: 64,
  all: 128,
  alternatives: 256,
  not: 512,
  condition: 1_024,
  dependencies: 2_048,
  nullable: 4_096,
  items: 8_192,
  identity: 16_384,
  annotations: 32_768,
} as const

const KEYWORDS: { readonly [group in keyof typeof GROUPS]: readonly string[] } = {
  reference: ['$ref'],
  dynamic: ['$dynamicRef', '$recursiveRef'],
  array: ['minItems', 'maxItems', 'uniqueItems', 'contains', 'minContains', 'maxContains', 'unevaluatedItems'],
  items: ['items', 'prefixItems', 'additionalItems'],
  object: [
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
    'unevaluatedProperties',
  ],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  string: ['minLength', 'maxLength', 'pattern'],
  values: ['enum', 'const'],
  all: ['allOf'],
  alternatives: ['anyOf', 'oneOf'],
  not: ['not'],
  condition: ['if'],
  dependencies: ['dependencies', 'dependentRequired', 'dependentSchemas'],
  nullable: ['nullable'],
  identity: ['$id', 'id'],
  annotations: ['format', 'contentMediaType', 'contentEncoding', 'default', 'examples', 'example', 'deprecated'],
}

/** Those that lead to other schemas of the same value. */
export const APPLICATORS =
  GROUPS.reference |
  GROUPS.dynamic |
  GROUPS.all |
  GROUPS.alternatives |
  GROUPS.not |
  GROUPS.condition |
  GROUPS.dependencies

const BITS = new Map(
  Object.entries(KEYWORDS).flatMap(([group, keywords]) =>
    keywords.map((keyword) => [keyword, GROUPS[group as keyof typeof GROUPS]] as const),
  ),
)

/**
 * The groups of which a schema has a keyword. An inherited one counts too: it is looked for, and found not to be its own.
 *
 * @param work pays for the keywords, where a schema may be looked at many times
 */
export function groupsOf(schema: Json, work?: Pick<Budget, 'take'>): number {
  let groups = 0
  let count = 1
  for (const keyword in schema) {
    groups |= BITS.get(keyword) ?? 0
    count++
  }
  work?.take(count)
  return groups
}

/** Whether its numbers are whole. */
export function hasIntegers(schema: Json): boolean {
  const type = own(schema, 'type')
  return type === 'integer' || (Array.isArray(type) && type.includes('integer') && !type.includes('number'))
}

const KINDS_BY_NAME = new Map<unknown, number>([...Object.entries(KINDS), ['integer', KINDS.number]])

export const isKind = (name: unknown): boolean => KINDS_BY_NAME.has(name)

/** The kinds of value that `type` lets through; undefined where it names none. */
export function kindsOfType(type: unknown): number | undefined {
  if (type === undefined) return ALL_KINDS
  if (!Array.isArray(type)) return KINDS_BY_NAME.get(type)
  let kinds = 0
  for (const name of type) {
    const kind = KINDS_BY_NAME.get(name)
    if (kind === undefined) return undefined
    kinds |= kind
  }
  return kinds
}
