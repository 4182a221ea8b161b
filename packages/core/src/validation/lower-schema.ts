import type { JsonSchema } from '../catalog/tool.ts'
import { isRecord, type Json } from '../schema/json.ts'
import { MAP_KEYWORDS } from '../schema/subschemas.ts'
import { type Assertion, enumAssertion, lengthAssertion, patternAssertion, uniqueItemsAssertion } from './assertions.ts'
import { compilePattern, planPattern } from './pattern.ts'

/** The keyword under which the library takes checks of ours. */
const REFINE = '~refine'

/**
 * Keywords that the library would assert at a cost that the schema's author chooses: a backtracking pattern, a format
 * checked by patterns, an enum as a chain of comparisons, lengths and uniqueness by its own measures.
 * `format` is an annotation, as JSON Schema 2020-12 has it by default; the rest says nothing about values.
 */
const REPLACED: ReadonlySet<string> = new Set(
  'enum const uniqueItems minLength maxLength pattern format default examples description title $comment'.split(' '),
)

/**
 * Writes a schema such that asserting it takes time linear in the value for each visit of a keyword. Keywords that are not
 * asserted are left out, so the schema only becomes wider.
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

/** A reference may lead to any place in a schema, so every object in it is lowered as if it were a schema. */
function lowerKeyword(key: string, value: unknown, lower: (schema: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(lower)
  if (!MAP_KEYWORDS.has(key) || !isRecord(value)) return lower(value)
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, lower(schema)] as const))
}

/** A key of a schema may be `__proto__`. */
function set(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

const KEY_KEYWORDS: ReadonlySet<string> = new Set([
  'patternProperties',
  'additionalProperties',
  'unevaluatedProperties',
])

/**
 * Whether patterns for keys are left out: the library asserts them by itself, so all of them must be harmless to V8's engine
 * under the flag `u`.
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
