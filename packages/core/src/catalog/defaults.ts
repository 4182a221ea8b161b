import { isRecord, type Json, own } from '../schema/json.ts'
import type { JsonSchema } from './tool.ts'

/** As deep as schemas of inputs are in practice; what is deeper, the validator asks for. */
const MAX_DEPTH = 20

/**
 * Fills in what a schema requires and also has a default for. The declarations let a program leave it out, so the tool
 * must not miss it. Other defaults stay the tool's own to apply.
 *
 * @returns the value itself where nothing is missing
 */
export function withRequiredDefaults(schema: JsonSchema, value: unknown, depth = 0): unknown {
  if (!isRecord(schema) || depth > MAX_DEPTH) return value
  if (Array.isArray(value)) {
    const items = own(schema, 'items')
    return isRecord(items) ? mapChanged(value, (item) => withRequiredDefaults(items, item, depth + 1)) : value
  }
  const properties = own(schema, 'properties')
  return isRecord(value) && isRecord(properties) ? fill(schema, properties, value, depth) : value
}

function fill(schema: Json, properties: Json, value: Json, depth: number): Json {
  const filled = new Map<string, unknown>()
  for (const key of Object.keys(properties)) {
    const property = properties[key]
    if (!isRecord(property)) continue
    if (Object.hasOwn(value, key)) {
      const inner = withRequiredDefaults(property, value[key], depth + 1)
      if (inner !== value[key]) filled.set(key, inner)
    } else if (Object.hasOwn(property, 'default') && isRequired(schema, key)) {
      filled.set(key, structuredClone(property.default))
    }
  }
  // `fromEntries` defines properties, so that none can be a prototype.
  return filled.size === 0 ? value : Object.fromEntries([...Object.entries(value), ...filled])
}

function isRequired(schema: Json, key: string): boolean {
  const required = own(schema, 'required')
  return Array.isArray(required) && required.includes(key)
}

function mapChanged(values: readonly unknown[], change: (value: unknown) => unknown): readonly unknown[] {
  const changed = values.map(change)
  return changed.every((value, index) => value === values[index]) ? values : changed
}
