import { Budget, BudgetSpentError, MAX_SCHEMA_WORK } from '../schema/bounds.ts'
import { References } from '../schema/references.ts'
import { MAP_KEYWORDS } from '../schema/subschemas.ts'
import { isRecord, type Json } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { type Assertion, enumAssertion, lengthAssertion, patternAssertion, uniqueItemsAssertion } from './assertions.ts'
import { compilePattern, planPattern } from './pattern.ts'

/** Keyword under which the validation library accepts custom checks. */
const REFINE = '~refine'

/**
 * Keywords that are replaced or removed. The validation library would assert most of them at a cost that the schema's
 * author controls: a backtracking pattern, a format checked by patterns, an enum as a chain of comparisons, and its own
 * implementations of lengths and uniqueness. `format` is an annotation, which is the default in JSON Schema 2020-12.
 * The rest does not constrain values.
 */
const REPLACED: ReadonlySet<string> = new Set(
  'enum const uniqueItems minLength maxLength pattern format default examples description title $comment'.split(' '),
)

/** Keywords that can reject null although the schema has no `type`. */
const COMPOSITE: readonly string[] = '$ref $dynamicRef allOf anyOf oneOf not if then else'.split(' ')

/**
 * Rewrites a schema so that each visit of a keyword takes time linear in the value. Keywords that are not asserted are
 * removed, so the result accepts all values that the schema accepts. So are references that lead to nothing. `nullable`
 * of OpenAPI 3.0 becomes part of the type.
 */
export async function lowerSchema(root: JsonSchema): Promise<JsonSchema> {
  if (!isRecord(root)) return root
  const lowered = new Map<object, Record<string, unknown>>()
  const pending: Json[] = []
  const lower = (schema: unknown): unknown => {
    if (!isRecord(schema)) return schema
    let target = lowered.get(schema)
    if (target === undefined) {
      target = {}
      lowered.set(schema, target)
      pending.push(schema)
    }
    return target
  }
  const result = lower(root)
  const references = new References(root, new Budget(MAX_SCHEMA_WORK))
  const isNamed = hasInnerNames(root)
  const isLost = (reference: string, schema: Json) =>
    (!isNamed || reference.startsWith('#/')) && leadsNowhere(reference, schema, references)
  for (let schema = pending.pop(); schema !== undefined; schema = pending.pop()) {
    await lowerOne(schema, lowered.get(schema) as Record<string, unknown>, lower, isLost)
  }
  return result as JsonSchema
}

async function lowerOne(
  schema: Json,
  target: Record<string, unknown>,
  lower: (schema: unknown) => unknown,
  isLost: (reference: string, schema: Json) => boolean,
): Promise<void> {
  const isWidened = hasUnassertedKeys(schema)
  for (const [key, value] of Object.entries(schema)) {
    if ((REPLACED.has(key) && !isRecord(value)) || key === 'const' || (isWidened && KEY_KEYWORDS.has(key))) continue
    if (key === '$ref' && typeof value === 'string' && isLost(value, schema)) continue
    set(target, key, lowerKeyword(key, value, lower))
  }
  const assertions = await assertionsOf(schema)
  if (schema.nullable === true) acceptNull(target)
  if (assertions.length > 0) target[REFINE] = assertions
}

/** Whether parts of a schema have names, which older drafts resolve differently. */
function hasInnerNames(root: Json): boolean {
  const pending: unknown[] = Object.values(root)
  const seen = new Set<unknown>()
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (NAMES.some((key) => typeof (value as Json)[key] === 'string')) return true
    pending.push(...Object.values(value))
  }
  return false
}

const NAMES = ['$id', 'id', '$anchor', '$dynamicAnchor', '$recursiveAnchor']

function leadsNowhere(reference: string, schema: Json, references: References): boolean {
  try {
    return references.resolve(reference, schema, false) === undefined
  } catch (error) {
    // The schema is too large to look for it.
    if (error instanceof BudgetSpentError) return false
    throw error
  }
}

/** Widens a lowered schema to accept null. */
function acceptNull(target: Record<string, unknown>): void {
  if (target.type !== undefined) target.type = [target.type, 'null'].flat()
  const composite = Object.fromEntries(COMPOSITE.flatMap((key) => (key in target ? [[key, target[key]]] : [])))
  if (Object.keys(composite).length === 0) return
  for (const key of COMPOSITE) delete target[key]
  target.anyOf = [{ type: 'null' }, composite]
}

/** Lowers the value of a keyword. A reference may lead to any object in it, so each one is lowered as a schema. */
function lowerKeyword(key: string, value: unknown, lower: (schema: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(lower)
  if (!MAP_KEYWORDS.has(key) || !isRecord(value)) return lower(value)
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, lower(schema)] as const))
}

/** Sets a property. The key may be `__proto__`. */
function set(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

const KEY_KEYWORDS: ReadonlySet<string> = new Set([
  'patternProperties',
  'additionalProperties',
  'unevaluatedProperties',
])

/**
 * Whether patterns for keys are removed. The validation library asserts them itself, so V8's engine must match all of
 * them in linear time with the flag `u`.
 */
export function hasUnassertedKeys(schema: Json): boolean {
  if (!isRecord(schema.patternProperties)) return false
  return Object.keys(schema.patternProperties).some((source) => {
    const plan = planPattern(source)
    return plan.kind !== 'native' || !plan.regExp.unicode
  })
}

async function assertionsOf(schema: Json): Promise<Assertion[]> {
  const assertions: Assertion[] = []
  const orNull = schema.nullable === true ? [null] : []
  if (Array.isArray(schema.enum)) assertions.push(enumAssertion([...schema.enum, ...orNull]))
  if (Object.hasOwn(schema, 'const')) assertions.push(enumAssertion([schema.const, ...orNull]))
  if (schema.uniqueItems === true) assertions.push(uniqueItemsAssertion)
  const { minLength, maxLength, pattern } = schema
  if (typeof minLength === 'number' || typeof maxLength === 'number') {
    assertions.push(
      lengthAssertion(
        typeof minLength === 'number' ? minLength : 0,
        typeof maxLength === 'number' ? maxLength : Number.POSITIVE_INFINITY,
      ),
    )
  }
  if (typeof pattern === 'string') {
    const compiled = await compilePattern(planPattern(pattern))
    if (compiled !== undefined) assertions.push(patternAssertion(pattern, compiled))
  }
  return assertions
}
