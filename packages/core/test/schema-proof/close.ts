/** Closes the objects that say nothing of further properties, as a tool's input is read; so that no value has any. */
import { isObject, mapSubschemas, type Schema } from './subschemas.ts'

export function close(schema: Schema): Schema {
  if (!isObject(schema)) return schema
  const node = mapSubschemas(schema, close)
  const isSilent = !('additionalProperties' in node) && !('patternProperties' in node)
  const isOpen = node.type === 'object' || (Array.isArray(node.type) && node.type.includes('object'))
  return isSilent && (isOpen || 'properties' in node) ? { ...node, additionalProperties: false } : node
}
