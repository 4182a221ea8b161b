import { isSchema, type Json, own } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { type Budget, BudgetSpentError } from './bounds.ts'
import { complement, intersect, unite } from './combine.ts'
import { discriminate } from './discriminator.ts'
import { APPLICATORS, GROUPS, groupsOf, hasIntegers, isKind, kindsOfType } from './keywords.ts'
import { areLiteral, literals } from './literals.ts'
import { parseArray } from './parse-array.ts'
import { dependencies, parseObject } from './parse-object.ts'
import { type Documents, References } from './references.ts'
import {
  ALL_KINDS,
  type Definition,
  isNever,
  KINDS,
  kindsOf,
  NEVER,
  ONLY,
  type Shape,
  shapeOf,
  type Type,
  UNKNOWN,
  UNSURE,
} from './type.ts'
import type { Place, Warnings } from './warnings.ts'

/**
 * How the values of a schema are used. `value` follows the schema literally. `input` and `output` are the values of a
 * tool: objects have no index signature unless their schema asks for other properties, since an undeclared property is
 * more likely a mistake. An input is an object, and a property with a default is optional in it.
 */
export type Position = 'value' | 'input' | 'output'

export interface ReaderOptions {
  readonly name: string
  readonly position: Position
  readonly documents?: Documents
  readonly warnings: Warnings
  /** Budget for reading. A schema that costs more becomes `unknown`. */
  readonly work: Budget
}

/** The location of a schema, and the surrounding keywords that affect it. */
export interface Context extends Place {
  readonly parent: Context | undefined
  /** Whether an enclosing `unevaluatedProperties: false` closes objects that the schema leaves open. */
  readonly isSealed: boolean
  /** Whether the schema is in an embedded document with its own URI. */
  readonly isEmbedded: boolean
}

/** State of a schema whose reading has started. */
interface Reading {
  readonly hint: string
  readonly boundary: number
  definition: Definition | undefined
  /** Undefined until the schema has been read. */
  type: Type | undefined
  /** Nesting depth of the type. */
  height: number
}

/**
 * Maximum nesting depth, which bounds the stack. A schema that is nested deeper gets a name and is read separately. A
 * type with so many levels inside it gets a name too.
 */
const MAX_DEPTH = 100

/** The type of a reference that leads directly back to itself, and therefore has no meaning. */
const CIRCULAR: Shape = { ...UNSURE }

/** Maximum number of names in a `type` list. A longer list repeats names. */
const MAX_KINDS = 7
/** Maximum number and length of constants that are read without caching. */
const FEW_CONSTANTS = 16
const BRIEF_LENGTH = 100

/** Types of one kind that are wider than their schema. */
const SOME = {
  number: { ...ONLY.number, inexact: KINDS.number },
  string: { ...ONLY.string, inexact: KINDS.string },
} as const

const WITH_PARTS = APPLICATORS | GROUPS.object | GROUPS.array | GROUPS.items

/** Reads the schemas of one document into types. */
export class Reader {
  readonly position: Position
  readonly warnings: Warnings
  readonly work: Budget
  readonly #root: JsonSchema
  readonly #name: string
  readonly #documents: Documents | undefined
  #references: References | undefined
  readonly #read = new Map<JsonSchema, Reading>()
  /** Schemas inside `unevaluatedProperties: false`, which have different types there. */
  #readSealed: Map<JsonSchema, Reading> | undefined
  readonly #deferred: { definition: Definition; context: Context }[] = []
  #depth = 0
  /** Nesting depth of the parts of the current schema that have been read. */
  #height = 0
  #boundary = 0

  constructor(root: JsonSchema, options: ReaderOptions) {
    this.#root = root
    this.#name = options.name
    this.position = options.position
    this.#documents = options.documents
    this.warnings = options.warnings
    this.work = options.work
  }

  /** Resolver of references. Created on first use, since most schemas have no references. */
  get references(): References {
    this.#references ??= new References(this.#root, this.work, this.#documents)
    return this.#references
  }

  /** Reads the whole schema. If that takes more than the budget, the type is `unknown`, with a warning. */
  read(): Type {
    try {
      return this.#readAll()
    } catch (error) {
      if (!(error instanceof BudgetSpentError)) throw error
      this.warnings.addFirst('the schema is too large or too complex to convert, so any value is accepted')
      return UNSURE
    }
  }

  #readAll(): Type {
    const type = this.type(this.#root, { parent: undefined, step: '', isSealed: false, isEmbedded: false }, this.#name)
    for (let next = this.#deferred.pop(); next !== undefined; next = this.#deferred.pop()) {
      const { definition, context } = next
      this.#readIn(context).delete(definition.schema)
      definition.type = this.type(definition.schema, context, definition.hint)
    }
    return this.position === 'input' ? this.#inputOf(type) : type
  }

  /**
   * Restricts the type of an input to objects, even if its schema does not. A schema with a `type` is left unchanged.
   */
  #inputOf(type: Type): Type {
    if (typeof this.#root === 'object' && Object.hasOwn(this.#root, 'type')) return type
    const object = intersect([type, ONLY.object], this.work)
    return isNever(object) ? type : object
  }

  /**
   * Returns the type of a schema.
   *
   * @param hint name of the type, if it needs one
   */
  type(schema: JsonSchema, context: Context, hint: string): Type {
    if (schema === true) return UNKNOWN
    if (schema === false) return NEVER
    const read = this.#readIn(context)
    const known = read.get(schema)
    if (known !== undefined) return this.#again(known, schema)
    const groups = groupsOf(schema, this.work)
    if ((groups & WITH_PARTS) === 0) {
      const type = nullable(schema, groups, this.#own(schema, groups, context, hint), this.work)
      if ((groups & GROUPS.values) !== 0 || !isKind(own(schema, 'type'))) read.set(schema, finished(type))
      return type
    }
    if (this.#depth >= MAX_DEPTH) return this.#defer(schema, context, hint)
    const begun: Reading = { hint, boundary: this.#boundary, definition: undefined, type: undefined, height: 0 }
    read.set(schema, begun)
    const beside = this.#height
    this.#height = 0
    this.#depth++
    const isNamed = (groups & GROUPS.identity) !== 0 && context.parent !== undefined && !context.isEmbedded
    const type = this.#keywords(schema, groups, isNamed ? { ...context, isEmbedded: true } : context, hint)
    this.#depth--
    if (this.#height >= MAX_DEPTH) begun.definition ??= { hint, schema, type }
    if (begun.definition !== undefined) begun.definition.type = type
    const result: Type = begun.definition === undefined ? type : { op: 'named', definition: begun.definition }
    begun.type = result
    begun.height = begun.definition === undefined ? this.#height + 1 : 0
    this.#height = Math.max(beside, begun.height)
    return result
  }

  #again(known: Reading, schema: JsonSchema): Type {
    this.work.take(1)
    if (known.type === undefined) return this.#recursion(known, schema)
    this.#height = Math.max(this.#height, known.height)
    return known.type
  }

  /** Returns the type of a part of a value, such as a property. A schema may contain itself there. */
  part(schema: JsonSchema, context: Context, keyword: string, hint: string): Type {
    if (typeof schema === 'boolean') return schema ? UNKNOWN : NEVER
    return plain(schema, this.work) ?? this.#within(schema, step(context, keyword), hint)
  }

  #readIn({ isSealed }: Context): Map<JsonSchema, Reading> {
    if (!isSealed) return this.#read
    this.#readSealed ??= new Map()
    return this.#readSealed
  }

  #within(schema: JsonSchema, context: Context, hint: string): Type {
    this.#boundary++
    const type = this.type(schema, context.isSealed ? { ...context, isSealed: false } : context, hint)
    this.#boundary--
    return type
  }

  warn(context: Context, message: string, keyword?: string): void {
    this.warnings.add(keyword === undefined ? context : step(context, keyword), message)
  }

  #recursion(active: Reading, schema: JsonSchema): Type {
    if (active.boundary === this.#boundary) return CIRCULAR
    active.definition ??= { hint: active.hint, schema, type: undefined }
    return { op: 'named', definition: active.definition }
  }

  #defer(schema: JsonSchema, context: Context, hint: string): Type {
    const definition: Definition = { hint, schema, type: undefined }
    const type: Type = { op: 'named', definition }
    this.#deferred.push({ definition, context })
    this.#readIn(context).set(schema, finished(type))
    return type
  }

  #keywords(schema: Json, groups: number, context: Context, hint: string): Type {
    const isHidden = (groups & GROUPS.reference) !== 0 && this.references.dialect(schema, context.isEmbedded).isOld
    if (isHidden) return this.#certain(this.#reference(schema, context), context)
    const isSealing = (groups & GROUPS.object) !== 0 && own(schema, 'unevaluatedProperties') === false
    const inner = isSealing ? { ...context, isSealed: true } : context
    const said = this.#own(schema, groups, inner, hint)
    const type = (groups & APPLICATORS) === 0 ? said : this.#applicators(schema, groups, inner, hint, said)
    return nullable(schema, groups, this.#certain(type, context), this.work)
  }

  #applicators(schema: Json, groups: number, context: Context, hint: string, said: Type): Type {
    const isReference = (groups & APPLICATORS) === GROUPS.reference
    if (isReference && said === UNKNOWN) return this.#reference(schema, context)
    const parts = said === UNKNOWN ? [] : [said]
    if ((groups & GROUPS.reference) !== 0) parts.push(this.#reference(schema, context))
    if ((groups & GROUPS.dynamic) !== 0) parts.push(...this.#dynamicReferences(schema, context))
    if ((groups & GROUPS.all) !== 0) parts.push(...this.#list(schema, 'allOf', context, hint))
    if ((groups & GROUPS.alternatives) !== 0) {
      for (const keyword of ['anyOf', 'oneOf'] as const) {
        if (Array.isArray(own(schema, keyword))) parts.push(this.#alternatives(schema, keyword, context, hint))
      }
    }
    const negated = own(schema, 'not')
    if (isSchema(negated))
      parts.push(complement(this.type(negated, { ...step(context, 'not'), isSealed: false }, hint)))
    if ((groups & GROUPS.condition) !== 0) parts.push(...this.#condition(schema, context, hint))
    if ((groups & GROUPS.dependencies) !== 0) parts.push(...dependencies(this, schema, context))
    const useful = parts.filter((part) => part !== CIRCULAR && part !== UNKNOWN)
    return useful.length === 0 && parts.includes(CIRCULAR) ? CIRCULAR : intersect(useful, this.work)
  }

  /** Warns about a circular reference, which leaves the type open. */
  #certain(type: Type, context: Context): Type {
    if (type === CIRCULAR) this.warn(context, 'the reference leads back to itself, so any value is accepted')
    return type
  }

  #reference(schema: Json, context: Context): Type {
    const reference = own(schema, '$ref')
    if (typeof reference !== 'string') return UNKNOWN
    const target = this.references.resolve(reference, schema, context.isEmbedded)
    if (target !== undefined)
      return this.type(target.schema, this.#targetContext(context, target.isEmbedded), target.name)
    this.warn(context, `cannot resolve ${reference}, so any value is accepted`, '$ref')
    return UNSURE
  }

  #targetContext(context: Context, isEmbedded: boolean): Context {
    return isEmbedded === context.isEmbedded ? context : { ...context, isEmbedded }
  }

  #dynamicReferences(schema: Json, context: Context): Type[] {
    return ['$dynamicRef', '$recursiveRef'].flatMap((keyword) => {
      const reference = own(schema, keyword)
      return typeof reference === 'string' ? [this.#dynamicReference(reference, schema, context, keyword)] : []
    })
  }

  #dynamicReference(reference: string, schema: Json, context: Context, keyword: string): Type {
    const target = this.references.resolveDynamic(reference, schema)
    if (target !== undefined)
      return this.type(target.schema, this.#targetContext(context, target.isEmbedded), target.name)
    this.warn(context, `${reference} may refer to several schemas, so any value is accepted`, keyword)
    return { ...UNSURE, object: { op: 'properties', members: new Map(), rest: UNKNOWN, isOpen: true, templates: [] } }
  }

  /** Returns the type that the schema describes without applicators. */
  #own(schema: Json, groups: number, context: Context, hint: string): Type {
    const kinds = this.#kinds(schema, context)
    let shape = shapeOf(kinds)
    if ((kinds & KINDS.array) !== 0 && (groups & (GROUPS.array | GROUPS.items)) !== 0) {
      const { part, isExact } = parseArray(this, schema, groups, context, hint)
      const inexact = isExact ? shape.inexact : shape.inexact | KINDS.array
      if (part.op !== 'any' || !isExact) shape = { ...shape, array: part, inexact }
    }
    if ((kinds & KINDS.object) !== 0 && (groups & GROUPS.object) !== 0) {
      const { part, isExact } = parseObject(this, schema, groups, context, hint)
      const inexact = isExact ? shape.inexact : shape.inexact | KINDS.object
      if (part.op !== 'any' || !isExact) shape = { ...shape, object: part, inexact }
    }
    if ((groups & GROUPS.values) !== 0 && !areFewConstants(schema)) {
      this.warn(context, 'there are too many constants, or they are too long, so other values are accepted')
      return { ...sized(schema, groups, kinds, shape), inexact: kinds }
    }
    return limited(schema, groups, kinds, shape, this.work)
  }

  #kinds(schema: Json, context: Context): number {
    const type = own(schema, 'type')
    if (Array.isArray(type)) this.work.take(type.length)
    const kinds = kindsOfType(type)
    if (kinds !== undefined) return kinds
    const name = [type].flat().find((each) => !isKind(each))
    this.warn(context, `${JSON.stringify(name)} is not a JSON Schema type, so any value is accepted`, 'type')
    return ALL_KINDS
  }

  #list(schema: Json, keyword: string, context: Context, hint: string): Type[] {
    const list = own(schema, keyword)
    if (!Array.isArray(list)) return []
    const inner = step(context, keyword)
    const types: Type[] = []
    for (let index = 0; index < list.length; index++) {
      const item: unknown = list[index]
      if (isSchema(item)) types.push(this.type(item, step(inner, String(index)), hint))
    }
    return types
  }

  #alternatives(schema: Json, keyword: 'anyOf' | 'oneOf', context: Context, hint: string): Type {
    const listed = this.#list(schema, keyword, context, hint)
    const branches = listed.includes(CIRCULAR) ? listed.filter((type) => type !== CIRCULAR) : listed
    if (branches.length === 0) return UNKNOWN
    const isOpen = !this.isLoose && !context.isSealed
    const united = unite(discriminate(this, schema, context, keyword, branches, isOpen), this.work)
    return keyword === 'oneOf' && united.op === 'shape'
      ? { ...united, inexact: united.inexact | sharedKinds(branches) }
      : united
  }

  #condition(schema: Json, context: Context, hint: string): Type[] {
    const condition = own(schema, 'if')
    if (!isSchema(condition)) return []
    const branch = (keyword: string): Type => {
      const given = own(schema, keyword)
      return isSchema(given) ? this.type(given, step(context, keyword), hint) : UNKNOWN
    }
    const [yes, no] = [branch('then'), branch('else')]
    if (yes === UNKNOWN && no === UNKNOWN) return []
    const met = this.type(condition, step(context, 'if'), hint)
    return [unite([intersect([met, yes], this.work), intersect([complement(met), no], this.work)], this.work)]
  }

  /** Whether objects have no index signature if their schema does not mention other properties. */
  get isLoose(): boolean {
    return this.position !== 'value'
  }
}

/**
 * Returns the type of a schema without subschemas, which needs no context. Returns undefined for any other schema, and
 * for an invalid one.
 */
function plain(schema: Json, work: Budget): Type | undefined {
  const groups = groupsOf(schema, work)
  if ((groups & WITH_PARTS) !== 0) return undefined
  const type = own(schema, 'type')
  // Long lists are read only once, even if the schema occurs many times.
  const isLong = (groups & GROUPS.values) !== 0 && !areBriefConstants(schema)
  if (isLong || (Array.isArray(type) && type.length > MAX_KINDS)) return undefined
  const kinds = kindsOfType(type)
  if (kinds === undefined) return undefined
  return nullable(schema, groups, limited(schema, groups, kinds, shapeOf(kinds), work), work)
}

function areBriefConstants(schema: Json): boolean {
  if (Object.hasOwn(schema, 'const')) return isBrief(schema.const)
  const values = own(schema, 'enum')
  return !Array.isArray(values) || (values.length <= FEW_CONSTANTS && values.every(isBrief))
}

const isBrief = (constant: unknown): boolean =>
  typeof constant === 'string' ? constant.length <= BRIEF_LENGTH : typeof constant !== 'object' || constant === null

function areFewConstants(schema: Json): boolean {
  if (Object.hasOwn(schema, 'const')) return areLiteral([schema.const])
  const values = own(schema, 'enum')
  return !Array.isArray(values) || areLiteral(values)
}

/** Restricts a shape by the keywords about numbers, strings and constants. */
function limited(schema: Json, groups: number, kinds: number, said: Shape, work: Budget): Type {
  const shape = sized(schema, groups, kinds, said)
  if ((groups & GROUPS.values) === 0) return shape
  if (Object.hasOwn(schema, 'const')) return intersect([shape, literals([schema.const], work)], work)
  const values = own(schema, 'enum')
  return Array.isArray(values) ? intersect([shape, literals(values, work)], work) : shape
}

/** Marks a shape as inexact in the kinds of value whose size or form is limited. */
function sized(schema: Json, groups: number, kinds: number, said: Shape): Shape {
  let shape = said
  const isSomeNumber = (kinds & KINDS.number) !== 0 && ((groups & GROUPS.number) !== 0 || hasIntegers(schema))
  if (isSomeNumber) shape = shape === ONLY.number ? SOME.number : { ...shape, inexact: shape.inexact | KINDS.number }
  const isSomeString = (kinds & KINDS.string) !== 0 && (groups & GROUPS.string) !== 0
  if (isSomeString) shape = shape === ONLY.string ? SOME.string : { ...shape, inexact: shape.inexact | KINDS.string }
  return shape
}

function nullable(schema: Json, groups: number, type: Type, work: Budget): Type {
  return (groups & GROUPS.nullable) !== 0 && own(schema, 'nullable') === true ? unite([type, ONLY.null], work) : type
}

const finished = (type: Type): Reading => ({ hint: '', boundary: 0, definition: undefined, type, height: 0 })

export function step(parent: Context, keyword: string): Context {
  return { parent, step: keyword, isSealed: parent.isSealed, isEmbedded: parent.isEmbedded }
}

/**
 * Returns the kinds that several branches accept. `oneOf` rejects values that match several branches, which a union
 * does not.
 */
function sharedKinds(branches: readonly Type[]): number {
  let seen = 0
  let shared = 0
  for (const branch of branches) {
    const kinds = branch.op === 'shape' ? kindsOf(branch) : ALL_KINDS
    shared |= seen & kinds
    seen |= kinds
  }
  return shared
}
