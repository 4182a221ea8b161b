/** Closes objects without `additionalProperties`, like the input of a tool, so that values have no extra properties. */
import { isObject, mapSubschemas, type Schema } from './subschemas.ts'

export function close(schema: Schema): Schema {
  if (!isObject(schema)) return schema
  const node = mapSubschemas(schema, close)
  const isSilent = !('additionalProperties' in node) && !('patternProperties' in node)
  const isOpen = node.type === 'object' || (Array.isArray(node.type) && node.type.includes('object'))
  return isSilent && (isOpen || 'properties' in node) ? { ...node, additionalProperties: false } : node
}
