import type { JsonSchema } from '../catalog/tool.ts'
import { docComment, docText } from './doc.ts'
import { propertyKey, type TypeNames } from './names.ts'
import { isSchema, referenceName, resolveReference } from './references.ts'

type Keywords = Exclude<JsonSchema, boolean>

/** How loosely the outermost operator of a type binds, so that the next one knows where parentheses go. */
const BINDING = { union: 0, intersection: 1, primary: 2 } as const
type Binding = (typeof BINDING)[keyof typeof BINDING]
interface Type {
  readonly text: string
  readonly binding: Binding
}

const primary = (text: string): Type => ({ text, binding: BINDING.primary })
const UNKNOWN = primary('unknown')
const NEVER = primary('never')
const INDENT = '  '
/** Longer tuples say little more than their element type and cost much. */
const MAX_TUPLE = 8

/** Writes the types of one schema document. Definitions become named types, so recursion ends and nothing is said twice. */
export class TypeWriter {
  readonly #root: JsonSchema
  readonly #names: TypeNames
  readonly #named = new Map<JsonSchema, string>()
  readonly #declarations: string[] = []

  constructor(root: JsonSchema, names: TypeNames) {
    this.#root = root
    this.#names = names
  }

  /** Named types, in the order they were met, each ending in a line break. */
  get declarations(): readonly string[] {
    return this.#declarations
  }

  write(indent = ''): string {
    return this.#type(this.#root, indent).text
  }

  #type(schema: JsonSchema, indent: string): Type {
    if (schema === true) return UNKNOWN
    if (schema === false) return NEVER
    const parts: Type[] = []
    if (typeof schema.$ref === 'string') {
      parts.push(this.#reference(schema.$ref))
      // Up to draft-07 a reference hides what stands beside it.
      if (isDraft7(this.#root)) return parts[0] as Type
    }
    const own = this.#own(schema, indent)
    if (own !== undefined) parts.push(own)
    if (Array.isArray(schema.allOf)) parts.push(...this.#list(schema.allOf, indent))
    for (const keyword of ['anyOf', 'oneOf'] as const) {
      const branches = schema[keyword]
      if (Array.isArray(branches)) parts.push(union(this.#list(branches, indent)))
    }
    const type = intersection(parts)
    return schema.nullable === true ? union([type, primary('null')]) : type
  }

  #list(schemas: readonly unknown[], indent: string): Type[] {
    return schemas.filter(isSchema).map((schema) => this.#type(schema, indent))
  }

  /** The part of the type that the schema says itself; undefined if it says nothing. */
  #own(schema: Keywords, indent: string): Type | undefined {
    if (Object.hasOwn(schema, 'const')) return literal(schema.const)
    if (Array.isArray(schema.enum)) return union(schema.enum.filter((value) => hasType(schema, value)).map(literal))
    const types = typesOf(schema)
    return types === undefined ? undefined : union(types.map((type) => this.#ofType(type, schema, indent)))
  }

  #ofType(type: string, schema: Keywords, indent: string): Type {
    switch (type) {
      case 'string':
      case 'boolean':
      case 'null':
      case 'number':
        return primary(type)
      case 'integer':
        return primary('number')
      case 'array':
        return this.#array(schema, indent)
      case 'object':
        return this.#object(schema, indent)
      default:
        return UNKNOWN
    }
  }

  #array(schema: Keywords, indent: string): Type {
    const prefix = Array.isArray(schema.prefixItems)
      ? schema.prefixItems
      : Array.isArray(schema.items)
        ? schema.items
        : undefined
    const rest = prefix === undefined || prefix === schema.prefixItems ? schema.items : schema.additionalItems
    if (prefix === undefined || prefix.length > MAX_TUPLE) {
      const element = prefix === undefined && isSchema(rest) ? this.#type(rest, indent) : UNKNOWN
      return primary(`${within(element, BINDING.primary)}[]`)
    }
    const required = typeof schema.minItems === 'number' ? schema.minItems : 0
    const elements = this.#list(prefix, indent).map((element, index) =>
      index < required ? element.text : `${within(element, BINDING.primary)}?`,
    )
    if (rest !== false)
      elements.push(`...${within(isSchema(rest) ? this.#type(rest, indent) : UNKNOWN, BINDING.primary)}[]`)
    return primary(`[${elements.join(', ')}]`)
  }

  #object(schema: Keywords, indent: string): Type {
    const properties = isRecord(schema.properties)
      ? Object.entries(schema.properties).filter(([, value]) => isSchema(value))
      : []
    const required = new Set(Array.isArray(schema.required) ? schema.required : [])
    const inner = indent + INDENT
    const members = properties.map(([key, value]) => {
      const type = this.#type(value as JsonSchema, inner)
      const mark = required.delete(key) ? '' : '?'
      return `${docComment(docText(value as JsonSchema), inner)}${inner}${propertyKey(key)}${mark}: ${type.text}\n`
    })
    // What is required but not described is there all the same.
    for (const key of required) if (typeof key === 'string') members.push(`${inner}${propertyKey(key)}: unknown\n`)
    const index = this.#indexSignature(schema, members.length > 0, inner)
    if (members.length === 0) return primary(`Record<string, ${index ?? 'never'}>`)
    if (index !== undefined && !isImplied(schema)) members.push(`${inner}[key: string]: ${index}\n`)
    return primary(`{\n${members.join('')}${indent}}`)
  }

  /** The type of properties beside the named ones; undefined if there are none. */
  #indexSignature(schema: Keywords, beside: boolean, indent: string): string | undefined {
    const additional = schema.additionalProperties
    const patterns = isRecord(schema.patternProperties) ? Object.values(schema.patternProperties).filter(isSchema) : []
    if (additional === false && patterns.length === 0) return undefined
    // An index signature must cover the named properties too, so beside them it can say nothing narrower.
    if (beside || (additional !== false && !isRecord(additional))) return 'unknown'
    const types = patterns.map((pattern) => this.#type(pattern, indent))
    if (isSchema(additional) && additional !== false) types.push(this.#type(additional, indent))
    return union(types).text
  }

  #reference(reference: string): Type {
    const target = resolveReference(this.#root, reference)
    if (target === undefined) return UNKNOWN
    if (typeof target === 'boolean') return target ? UNKNOWN : NEVER
    return primary(this.#nameOf(target, referenceName(reference)))
  }

  #nameOf(schema: Keywords, wanted: string): string {
    const known = this.#named.get(schema)
    if (known !== undefined) return known
    const name = this.#names.claim(wanted)
    this.#named.set(schema, name)
    const at = this.#declarations.push('') - 1
    const { text } = this.#type(schema, '')
    // A type may not be nothing but itself.
    const isCircular = text.split(/ [|&] /).includes(name)
    this.#declarations[at] = `${docComment(docText(schema), '')}type ${name} = ${isCircular ? 'unknown' : text}\n`
    return name
  }
}

/** Types by their `type`, or by the keywords that only one type has. */
function typesOf(schema: Keywords): readonly string[] | undefined {
  if (typeof schema.type === 'string') return [schema.type]
  if (Array.isArray(schema.type)) return schema.type.filter((type): type is string => typeof type === 'string')
  if (isRecord(schema.properties)) return ['object']
  if (schema.items !== undefined || schema.prefixItems !== undefined) return ['array']
  return undefined
}

function hasType(schema: Keywords, value: unknown): boolean {
  const types = typesOf(schema)
  if (types === undefined || schema.type === undefined) return true
  const actual = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  return types.includes(actual) || (actual === 'number' && types.includes('integer'))
}

/** An object that says nothing of other properties is written closed: that catches a model's typing errors. */
function isImplied(schema: Keywords): boolean {
  return schema.additionalProperties === undefined && schema.patternProperties === undefined
}

function isDraft7(root: JsonSchema): boolean {
  return typeof root === 'object' && typeof root.$schema === 'string' && /draft-0[3-7]/.test(root.$schema)
}

function literal(value: unknown): Type {
  if (Array.isArray(value)) return primary(`[${value.map((item) => literal(item).text).join(', ')}]`)
  if (isRecord(value)) {
    const members = Object.entries(value).map(([key, item]) => `${propertyKey(key)}: ${literal(item).text}`)
    return primary(members.length === 0 ? 'Record<string, never>' : `{ ${members.join('; ')} }`)
  }
  return primary(JSON.stringify(value) ?? 'undefined')
}

function union(types: readonly Type[]): Type {
  const texts = new Set(types.map((type) => within(type, BINDING.union)))
  if (texts.has('unknown')) return UNKNOWN
  if (texts.size > 1) texts.delete('never')
  if (texts.size === 0) return NEVER
  const [first] = types
  return texts.size === 1
    ? { text: [...texts][0] as string, binding: types.length === 1 && first ? first.binding : BINDING.union }
    : { text: [...texts].join(' | '), binding: BINDING.union }
}

function intersection(types: readonly Type[]): Type {
  const useful = types.filter((type) => type.text !== 'unknown')
  const [first] = useful
  if (first === undefined) return UNKNOWN
  if (useful.length === 1) return first
  const texts = new Set(useful.map((type) => within(type, BINDING.intersection)))
  return { text: [...texts].join(' & '), binding: texts.size === 1 ? first.binding : BINDING.intersection }
}

/** Parentheses where an operator of this binding would take the type apart. */
function within(type: Type, binding: Binding): string {
  return type.binding < binding ? `(${type.text})` : type.text
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
