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

/**
 * Rewrites a schema so that each visit of a keyword takes time linear in the value. Keywords that are not asserted are
 * removed, so the result accepts all values that the schema accepts.
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
  for (let schema = pending.pop(); schema !== undefined; schema = pending.pop()) {
    await lowerOne(schema, lowered.get(schema) as Record<string, unknown>, lower)
  }
  return result as JsonSchema
}

async function lowerOne(
  schema: Json,
  target: Record<string, unknown>,
  lower: (schema: unknown) => unknown,
): Promise<void> {
  const isWidened = hasUnassertedKeys(schema)
  for (const [key, value] of Object.entries(schema)) {
    if ((REPLACED.has(key) && !isRecord(value)) || key === 'const' || (isWidened && KEY_KEYWORDS.has(key))) continue
    set(target, key, lowerKeyword(key, value, lower))
  }
  const assertions = await assertionsOf(schema)
  if (assertions.length > 0) target[REFINE] = assertions
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
  if (Array.isArray(schema.enum)) assertions.push(enumAssertion(schema.enum))
  if (Object.hasOwn(schema, 'const')) assertions.push(enumAssertion([schema.const]))
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
