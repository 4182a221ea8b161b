import type { ObservedOutput } from '../catalog/namespace.ts'
import type { Shape, ShapeParts } from '../contract/shape-store.ts'
import { isRecord } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'

/** Keywords of a schema that say nothing about a value, or only that it is an object. */
const SAYS_NOTHING = /^(?:\$schema|\$id|title|description|\$comment|type|additionalProperties|properties|required)$/

/** Returns whether an output schema says nothing: a tool without one, or with one that accepts every object. */
export function isUndeclared(schema: JsonSchema | undefined): boolean {
  if (schema === undefined || schema === true) return true
  if (!isRecord(schema)) return false
  const { type = 'object', additionalProperties: rest = true, properties = {}, required = [] } = schema
  const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0
  return (
    type === 'object' &&
    (rest === true || isEmpty(rest)) &&
    isEmpty(properties) &&
    isEmpty(required) &&
    Object.keys(schema).every((keyword) => SAYS_NOTHING.test(keyword))
  )
}

/** Describes an observed output for declarations. */
export function observedOutput(shape: Shape, results: number): ObservedOutput {
  const schema = schemaOf(shape)
  const { contentMediaType: format, title: header } = (shape === true ? {} : shape) as Partial<ShapeParts>
  const named = header === undefined ? '' : ` with the header ${JSON.stringify(header)}`
  const table = format === undefined ? '' : `: ${format}${named}`
  const description = `observed in ${results === 1 ? '1 result' : `${results} results`}, not declared${table}`
  return { results, schema: { ...(schema as object), description } }
}

/** Returns the JSON Schema of a shape. */
export function schemaOf(shape: Shape): JsonSchema {
  if (shape === true) return {}
  const { type, properties, required, additionalProperties: values, items, prefixItems: row, ...text } = shape
  return {
    type: type.length === 1 ? type[0] : type,
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, schemaOf(each)])),
    }),
    ...(required !== undefined && { required }),
    ...(values !== undefined && { additionalProperties: schemaOf(values) }),
    ...(items !== undefined && { items: schemaOf(items) }),
    ...(row !== undefined && rowKeywords(row.map(schemaOf))),
    ...text,
  }
}

/** A row whose columns are alike is a list. */
function rowKeywords(row: readonly JsonSchema[]): object {
  const texts = new Set(row.map((each) => JSON.stringify(each)))
  if (texts.size === 1) return { items: row[0] }
  return { prefixItems: row, items: false, minItems: row.length }
}
