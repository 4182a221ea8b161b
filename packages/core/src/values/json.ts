import type { JsonSchema } from './json-schema.ts'

export type Json = { readonly [key: string]: unknown }

/** Returns whether a value is an object and no list. */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'boolean' || isRecord(value)
}

/** Returns an own property, so that inherited properties are not mistaken for keywords. */
export function own(record: Json, key: string): unknown {
  const value = record[key]
  return value !== undefined && Object.hasOwn(record, key) ? value : undefined
}
