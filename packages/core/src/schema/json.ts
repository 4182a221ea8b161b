import type { JsonSchema } from '../catalog/tool.ts'

export type Json = { readonly [key: string]: unknown }

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || isRecord(value)
}

/** An own property, so that a schema cannot answer with what every object has. */
export function own(record: Json, key: string): unknown {
  const value = record[key]
  return value !== undefined && Object.hasOwn(record, key) ? value : undefined
}
