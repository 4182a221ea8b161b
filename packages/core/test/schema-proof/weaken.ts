/**
 * Removes from a schema everything that TypeScript cannot express. An instance is "invalid in a way TypeScript can
 * express" if it is invalid under the weakened schema. Weakening must therefore never make a valid instance invalid.
 */
import {
  everySubschema,
  isObject,
  localTarget,
  mapEntries,
  mapSubschemas,
  type Schema,
  type SchemaObject,
} from './subschemas.ts'

const INEXPRESSIBLE = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'divisibleBy',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  'uniqueItems',
  'contains',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
])

/** Property names that TypeScript finds on every object, so that a type cannot require them. */
const ON_EVERY_OBJECT = new Set([
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
])

/** Maximum length of a tuple. Longer tuples are not useful as types. */
const LONGEST_TUPLE = 8
const ANNOTATIONS = new Set(['$comment', '$schema', 'title', 'description', 'default', 'examples', 'deprecated'])

/** Constraints that the types of tools could express but deliberately do not. */
export interface Choices {
  /** Whether properties with a default are optional. */
  readonly hasOptionalDefaults: boolean
  /** Whether lists may have any length, so that `rows.map(…)` is accepted. Short lists of fixed length are tuples. */
  readonly hasFreeLengths: boolean
}

const TO_THE_LETTER: Choices = { hasOptionalDefaults: false, hasFreeLengths: false }
/** Maximum length at which a list of fixed length is a tuple. */
const LONGEST_FIXED = 4

/** Returns the weakened schema. The positions of `$defs` and similar keywords are kept, so references stay valid. */
export function weaken(schema: Schema, choices: Choices = TO_THE_LETTER): Schema {
  // Items and properties that `contains` or a condition matched count as evaluated. Removing these keywords alone would
  // make the schema stricter, so the `unevaluated…` keywords are removed with them.
  const lost = { items: false, properties: false, ...choices }
  const weaker = weakenNode(schema, schema, lost)
  const strip = (node: Schema): Schema =>
    isObject(node)
      ? without(mapSubschemas(node, strip), [
          ...(lost.items ? ['unevaluatedItems'] : []),
          ...(lost.properties ? ['unevaluatedProperties'] : []),
        ])
      : node
  return lost.items || lost.properties ? strip(weaker) : weaker
}

type Lost = Choices & { items: boolean; properties: boolean }

function weakenNode(schema: Schema, root: Schema, lost: Lost, isName = false): Schema {
  if (!isObject(schema)) return schema
  let node: SchemaObject = without(schema, droppedNegations(schema, root, lost))
  node = mapSubschemas(node, (sub, keyword) =>
    // Negations are only kept if weakening does not change them.
    keyword === 'not' || keyword === 'if' ? sub : weakenNode(sub, root, lost, keyword === 'propertyNames'),
  )
  if ('contains' in node) lost.items = true
  node = weakenPatternProperties(node)
  const { oneOf, ...rest } = node
  // A value that matches two branches also matches their union.
  if (Array.isArray(oneOf)) {
    node = 'anyOf' in rest ? { ...rest, allOf: [...list(rest.allOf), { anyOf: oneOf }] } : { ...rest, anyOf: oneOf }
  }
  const kept = Object.entries(node).filter(([keyword, value]) => {
    if (isName && keyword === 'pattern') return isTemplate(value)
    if ((keyword === 'minItems' || keyword === 'maxItems') && typeof value === 'number') {
      const isFixed = node.minItems === node.maxItems && value <= LONGEST_FIXED
      return lost.hasFreeLengths ? isFixed : value <= LONGEST_TUPLE
    }
    return !INEXPRESSIBLE.has(keyword)
  })
  return mapEntries(Object.fromEntries(kept), (value, keyword) => {
    if (keyword === 'type') return weakenType(value)
    if (keyword === 'required' && Array.isArray(value)) {
      return demandable(value).filter((name) => !lost.hasOptionalDefaults || !hasDefault(node, String(name)))
    }
    if ((keyword === 'dependentRequired' || keyword === 'dependencies') && isObject(value)) {
      return mapEntries(value, (names) => (Array.isArray(names) ? demandable(names) : names))
    }
    return value
  })
}

function hasDefault({ properties }: SchemaObject, name: string): boolean {
  const property = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined
  return isObject(property) && 'default' in property
}

const demandable = (names: unknown[]) => names.filter((name) => !ON_EVERY_OBJECT.has(String(name)))
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

function without(schema: SchemaObject, keywords: readonly string[]): SchemaObject {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)))
}

function weakenType(type: unknown): unknown {
  if (type === 'integer') return 'number'
  return Array.isArray(type) ? [...new Set(type.map((each) => (each === 'integer' ? 'number' : each)))] : type
}

/**
 * Returns the negations to drop. Weakening inside a negation would strengthen the schema, so it is kept or dropped
 * whole.
 */
function droppedNegations(schema: SchemaObject, root: Schema, lost: Lost): string[] {
  const dropped: string[] = []
  if ('not' in schema && !(isPlainNegation(schema.not) && !isWeakenable(schema.not as Schema, root))) {
    dropped.push('not')
  }
  if ('if' in schema && isWeakenable(schema.if as Schema, root)) {
    dropped.push('if', 'then', 'else')
    lost.items = true
    lost.properties = true
  }
  return dropped
}

/** Returns whether a type can express the negation: of a type, of values, or of one required property. */
function isPlainNegation(schema: unknown): boolean {
  if (!isObject(schema)) return typeof schema === 'boolean'
  const keywords = Object.keys(schema).filter((keyword) => !ANNOTATIONS.has(keyword))
  if (keywords.length !== 1) return keywords.length === 0
  if (keywords[0] === 'required') return Array.isArray(schema.required) && schema.required.length === 1
  return keywords[0] === 'type' || keywords[0] === 'enum' || keywords[0] === 'const'
}

/**
 * Returns whether weakening may change the schema or a directly referenced one. An unknown target counts as changed.
 */
function isWeakenable(schema: Schema, root: Schema, follow = true): boolean {
  if (
    JSON.stringify(weakenNode(schema, root, { items: false, properties: false, ...TO_THE_LETTER })) !==
    JSON.stringify(schema)
  )
    return true
  return everySubschema(schema).some((sub) => {
    if (!follow || !isObject(sub)) return false
    if ('$dynamicRef' in sub || '$recursiveRef' in sub) return true
    if (!('$ref' in sub)) return false
    const target = localTarget(root, sub.$ref)
    return target === undefined || isWeakenable(target, root, false)
  })
}

/** Drops inexpressible key patterns. Any other key may then hold any value, because a dropped pattern may match it. */
function weakenPatternProperties(schema: SchemaObject): SchemaObject {
  const { patternProperties } = schema
  if (!isObject(patternProperties)) return schema
  const kept = Object.entries(patternProperties).filter(([pattern]) => isTemplate(pattern))
  if (kept.length === Object.keys(patternProperties).length) return schema
  return { ...schema, patternProperties: Object.fromEntries(kept), additionalProperties: true }
}

/** Returns whether a template literal type can express the pattern. */
const isTemplate = (pattern: unknown): boolean =>
  typeof pattern === 'string' && /^(\^[^\\^$.|?*+()[\]{}]+\$?|[^\\^$.|?*+()[\]{}]+\$)$/.test(pattern)
