import { isRecord, type Json } from '../values/json.ts'

/** Keywords whose value is a schema. */
export const SCHEMA_KEYWORDS: ReadonlySet<string> = new Set([
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
])
/** Keywords whose value is a list of schemas. */
export const LIST_KEYWORDS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems'])
/** Keywords whose value is an object of schemas by name. */
export const MAP_KEYWORDS: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'dependencies',
  'dependentSchemas',
  'patternProperties',
  'properties',
])
const DEFINITIONS: readonly string[] = ['$defs', 'definitions']

/** Yields the schemas directly within a schema. Definitions apply only by reference, so they can be left out. */
export function* subschemas(schema: Json, withDefinitions: boolean): Generator<Json> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (!withDefinitions && DEFINITIONS.includes(keyword)) continue
    if (LIST_KEYWORDS.has(keyword) && Array.isArray(value)) {
      for (const item of value) if (isRecord(item)) yield item
    } else if (SCHEMA_KEYWORDS.has(keyword)) {
      if (isRecord(value)) yield value
    } else if (MAP_KEYWORDS.has(keyword) && isRecord(value)) {
      for (const item of Object.values(value)) if (isRecord(item)) yield item
    }
  }
}
