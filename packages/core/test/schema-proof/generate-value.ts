/** Generates values for a schema with json-schema-faker, or with a simpler generator if that fails. */
import { generateSync, type JsonSchema } from 'json-schema-faker'
import { isObject, localTarget, type Schema, type SchemaObject } from './subschemas.ts'

type Random = (below: number) => number

/** Depth from which optional properties are omitted, so that recursion ends. */
const DEEPEST = 6

export interface Generation {
  readonly seed: number
  /** Probability that an optional property is present, from 0 to 1. */
  readonly optionals: number
}

/** Generates a value with json-schema-faker. Returns undefined if it fails. */
export function fakeValue(schema: Schema, { seed, optionals }: Generation): unknown {
  try {
    return generateSync(schema as JsonSchema, { seed, optionalsProbability: optionals, maxDepth: DEEPEST, maxItems: 3 })
  } catch {
    return undefined
  }
}

/** Generates a value from the common keywords. The value may be invalid, so the caller must validate it. */
export function plainValue(schema: Schema, optionals: number, random: Random): unknown {
  const value = (node: Schema, depth: number): unknown => {
    if (!isObject(node)) return 'any'
    const target = localTarget(schema, node.$ref)
    if (isObject(target)) return value({ ...node, $ref: undefined, ...target }, depth)
    if (node.const !== undefined) return node.const
    if (Array.isArray(node.enum)) return pick(node.enum)
    for (const branches of [node.oneOf, node.anyOf]) {
      if (!Array.isArray(branches)) continue
      return value({ ...node, anyOf: undefined, oneOf: undefined, ...pick<SchemaObject>(branches) }, depth)
    }
    if (Array.isArray(node.allOf)) {
      return value(Object.assign({ ...node, allOf: undefined }, ...node.allOf) as SchemaObject, depth)
    }
    const type = Array.isArray(node.type) ? pick(node.type) : node.type
    if (type === 'object' || (type === undefined && isObject(node.properties))) return object(node, depth)
    if (type === 'array') return array(node, depth)
    if (type === 'integer' || type === 'number') return number(node)
    if (type === 'boolean') return random(2) === 0
    return type === 'null' ? null : text(node)
  }

  const object = (node: SchemaObject, depth: number): unknown => {
    const required = Array.isArray(node.required) ? node.required : []
    const entries = Object.entries(isObject(node.properties) ? node.properties : {})
      .filter(([key]) => required.includes(key) || (depth < DEEPEST && random(1000) < optionals * 1000))
      .map(([key, property]) => [key, value(property as Schema, depth + 1)] as const)
    return Object.fromEntries(entries)
  }

  const array = (node: SchemaObject, depth: number): unknown => {
    const least = typeof node.minItems === 'number' ? node.minItems : 0
    const length = depth < DEEPEST ? Math.max(least, 1) : least
    return Array.from({ length }, () => value((node.items ?? true) as Schema, depth + 1))
  }

  const number = ({ minimum, exclusiveMinimum, maximum }: SchemaObject): number => {
    if (typeof minimum === 'number') return minimum
    if (typeof exclusiveMinimum === 'number') return exclusiveMinimum + 1
    return typeof maximum === 'number' ? Math.min(1, maximum) : 1
  }

  const text = ({ minLength, maxLength }: SchemaObject): string => {
    const long = 'text'.padEnd(typeof minLength === 'number' ? minLength : 0, 'x')
    return typeof maxLength === 'number' ? long.slice(0, maxLength) : long
  }

  const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item
  return value(schema, 0)
}
