import { type Json, own } from '../values/json.ts'
import type { Budget } from './bounds.ts'
import { ALL_KINDS, KINDS } from './type.ts'

/** Groups of related keywords, as bits. One pass over a schema finds all groups that it uses. */
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

/** Groups of the keywords that apply other schemas to the same value. */
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
 * Returns the groups of the keywords in a schema. Inherited keywords are included; later lookups ignore them.
 *
 * @param work budget that pays for the keywords, if a schema may be examined many times
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

/** Returns whether a schema accepts only integers as numbers. */
export function hasIntegers(schema: Json): boolean {
  const type = own(schema, 'type')
  return type === 'integer' || (Array.isArray(type) && type.includes('integer') && !type.includes('number'))
}

const KINDS_BY_NAME = new Map<unknown, number>([...Object.entries(KINDS), ['integer', KINDS.number]])

export const isKind = (name: unknown): boolean => KINDS_BY_NAME.has(name)

/** Returns the kinds of value that `type` accepts, or undefined if `type` is invalid. */
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
