/** Adds the intended `type` to schemas. Schemas of the suite often omit it, real ones seldom do. */
import { isObject, mapSubschemas, type Schema } from './subschemas.ts'

const TYPE_OF_KEYWORD = new Map(
  Object.entries({
    object: [
      'properties',
      'required',
      'additionalProperties',
      'patternProperties',
      'propertyNames',
      'dependencies',
      'dependentRequired',
      'dependentSchemas',
      'minProperties',
      'maxProperties',
      'unevaluatedProperties',
    ],
    array: [
      'items',
      'prefixItems',
      'additionalItems',
      'contains',
      'minContains',
      'maxContains',
      'minItems',
      'maxItems',
      'uniqueItems',
      'unevaluatedItems',
    ],
    string: ['minLength', 'maxLength', 'pattern'],
    number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  }).flatMap(([type, keywords]) => keywords.map((keyword) => [keyword, type] as const)),
)

export function writeTypes(schema: Schema): Schema {
  if (!isObject(schema)) return schema
  // Types are not added within negations and conditions, where another type is often intended.
  const node = mapSubschemas(schema, (sub, keyword) => (keyword === 'not' || keyword === 'if' ? sub : writeTypes(sub)))
  if ('type' in node || 'enum' in node || 'const' in node) return node
  const types = new Set(Object.keys(node).flatMap((keyword) => TYPE_OF_KEYWORD.get(keyword) ?? []))
  return types.size === 1 ? { ...node, type: [...types][0] } : node
}
