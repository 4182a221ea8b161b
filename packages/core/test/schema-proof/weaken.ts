/**
 * Takes from a schema all that TypeScript cannot say. "Invalid in a way TypeScript can express" is then defined: it is
 * what stays invalid under the weakened schema. So weakening may only ever let more through.
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

/** TypeScript finds these on every object, so it cannot demand them. */
const ON_EVERY_OBJECT = new Set([
  'constructor',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
])

/** A tuple of more elements than this is no type that anyone would write. */
const LONGEST_TUPLE = 8
const ANNOTATIONS = new Set(['$comment', '$schema', 'title', 'description', 'default', 'examples', 'deprecated'])

/** What the types of tools do not say, by choice, though they could. */
export interface Choices {
  /** A property with a default may be left out. */
  readonly hasOptionalDefaults: boolean
  /** Lists may have any length, or `rows.map(…)` could not be passed; all but fixed ones of a few elements. */
  readonly hasFreeLengths: boolean
}

const TO_THE_LETTER: Choices = { hasOptionalDefaults: false, hasFreeLengths: false }
/** A list of so many elements at the most is a tuple, if its length is fixed. */
const LONGEST_FIXED = 4

/** @returns the weaker schema; `$defs` and the like keep their places, so references into it still hold */
export function weaken(schema: Schema, choices: Choices = TO_THE_LETTER): Schema {
  // What `contains` or a condition has looked at counts as evaluated. Without them more would be left unevaluated, and
  // the result would be stricter than the original; so the keywords about the unevaluated go with them.
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
    // Kept negations are those that weakening leaves as they are.
    keyword === 'not' || keyword === 'if' ? sub : weakenNode(sub, root, lost, keyword === 'propertyNames'),
  )
  if ('contains' in node) lost.items = true
  node = weakenPatternProperties(node)
  const { oneOf, ...rest } = node
  // A value that fits two branches fits their union as well.
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

/** Weaker inside a negation is stronger outside, so a negation stays whole or goes whole. */
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

/** The negations that a type can say: of a type, of values, or that one property is there. */
function isPlainNegation(schema: unknown): boolean {
  if (!isObject(schema)) return typeof schema === 'boolean'
  const keywords = Object.keys(schema).filter((keyword) => !ANNOTATIONS.has(keyword))
  if (keywords.length !== 1) return keywords.length === 0
  if (keywords[0] === 'required') return Array.isArray(schema.required) && schema.required.length === 1
  return keywords[0] === 'type' || keywords[0] === 'enum' || keywords[0] === 'const'
}

/** Whether weakening would change the schema or, one reference on, what it refers to. An unknown target might change. */
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

/** Keys that an inexpressible pattern might match may hold anything, and so may the keys beside them. */
function weakenPatternProperties(schema: SchemaObject): SchemaObject {
  const { patternProperties } = schema
  if (!isObject(patternProperties)) return schema
  const kept = Object.entries(patternProperties).filter(([pattern]) => isTemplate(pattern))
  if (kept.length === Object.keys(patternProperties).length) return schema
  return { ...schema, patternProperties: Object.fromEntries(kept), additionalProperties: true }
}

/** Patterns that a template literal type can say. */
const isTemplate = (pattern: unknown): boolean =>
  typeof pattern === 'string' && /^(\^[^\\^$.|?*+()[\]{}]+\$?|[^\\^$.|?*+()[\]{}]+\$)$/.test(pattern)
