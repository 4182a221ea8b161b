/** A JSON Schema from a file. The values of its keywords are unknown. */
export type Schema = boolean | { readonly [keyword: string]: unknown }
export type SchemaObject = Exclude<Schema, boolean>

const ONE_OR_LIST = new Set([
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
  'allOf',
  'anyOf',
  'oneOf',
  'prefixItems',
])
const BY_NAME = new Set(['$defs', 'definitions', 'dependencies', 'dependentSchemas', 'patternProperties', 'properties'])

export const isObject = (value: unknown): value is SchemaObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isSchema = (value: unknown): value is Schema => typeof value === 'boolean' || isObject(value)

/** Returns the schema with each direct subschema replaced. Data (enum, const, default, examples) is kept. */
export function mapSubschemas(schema: SchemaObject, change: (sub: Schema, keyword: string) => Schema): SchemaObject {
  return mapEntries(schema, (value, keyword) => {
    const one = (sub: unknown) => (isSchema(sub) ? change(sub, keyword) : sub)
    if (ONE_OR_LIST.has(keyword)) return Array.isArray(value) ? value.map(one) : one(value)
    if (BY_NAME.has(keyword) && isObject(value)) return mapEntries(value, one)
    return value
  })
}

/** Maps the values of an object. Unlike assignment, `Object.fromEntries` creates an own `__proto__` property. */
export function mapEntries(object: SchemaObject, change: (value: unknown, key: string) => unknown): SchemaObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]))
}

/** Returns the schema and all its subschemas in document order. */
export function everySubschema(schema: Schema): Schema[] {
  const found: Schema[] = [schema]
  if (isObject(schema)) {
    mapSubschemas(schema, (sub) => {
      found.push(...everySubschema(sub))
      return sub
    })
  }
  return found
}

/** Resolves a reference within the document. Returns undefined if that requires a full resolver. */
export function localTarget(root: Schema, reference: unknown): Schema | undefined {
  if (reference === '#') return root
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined
  let target: unknown = root
  for (const part of reference.slice(2).split('/')) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) return undefined
    target = (target as Record<string, unknown>)[key]
  }
  return isSchema(target) ? target : undefined
}
