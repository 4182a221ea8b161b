import { type Budget, UNBOUNDED } from './bounds.ts'
import { intersect, unite } from './combine.ts'
import { contains, matches } from './combine-objects.ts'
import { distinct } from './distinct.ts'
import { quote } from './names.ts'
import {
  areEqual,
  type EntryMember,
  forEachChild,
  lookOf,
  type ObjectNode,
  type PrintNode,
  type PrintNodeBase,
  type Signature,
  use,
} from './print-node.ts'
import {
  ALL_KINDS,
  type Any,
  type ArrayType,
  type Combined,
  type Composite,
  type Definition,
  hasScalars,
  isUnknown,
  KINDS,
  kindsOf,
  type Member,
  type Named,
  type ObjectType,
  ONLY,
  type Properties,
  type Scalars,
  type Shape,
  type Template,
  type Type,
  UNKNOWN,
} from './type.ts'

const ON_EVERY_OBJECT = new Set(
  'constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf'.split(' '),
)

const NO_SIGNATURES: readonly Signature[] = []

/**
 * Maximum number of types in an index signature that must cover the named properties. With more, its type is `unknown`.
 */
const MAX_COVERED = 6

/**
 * Maximum depth of names, unions and intersections that are searched for kinds of value. Deeper types may be of any
 * kind.
 */
const MAX_KINDS_DEPTH = 500

/** Characters that a use of a node takes, in addition to the node or instead of it. */
const USE_COST = 10

/** Converts types to print nodes. */
export class PrintNodes {
  readonly #byKey = new Map<string, PrintNode>()
  readonly #docs = new Map<string, number>()
  readonly #byPart = new Map<Composite<ArrayType> | Composite<ObjectType>, PrintNode>()
  readonly #kinds = new Map<Type, number>()
  readonly #texts = new Map<string, PrintNode>()
  readonly #byType = new Map<Type, PrintNode>()
  readonly #byDefinition = new Map<Definition, PrintNode>()
  readonly #lists = new Map<PrintNode, PrintNode>()
  readonly #objects = new Map<number, ObjectNode>()
  readonly #newDefinitions: Definition[] = []
  readonly #docOf: (member: Member, key: string) => string
  #budget = UNBOUNDED
  #count = 0

  /** @param docOf writes a member's doc comment, without its delimiters */
  constructor(docOf: (member: Member, key: string) => string) {
    this.#docOf = docOf
  }

  /** Budget for the nodes of the following types, in characters. Once it is spent, new types become `unknown`. */
  set budget(budget: Budget) {
    this.#budget = budget
  }

  /** Returns a definition that was found and has not been returned before. */
  newDefinition(): Definition | undefined {
    return this.#newDefinitions.pop()
  }

  /** Clears the caches by type, since schemas do not share types. Equal nodes are still found. */
  forgetTypes(): void {
    this.#byType.clear()
    this.#byPart.clear()
    this.#kinds.clear()
  }

  of(type: Type, hint: string): PrintNode {
    const known = this.#byType.get(type)
    if (known !== undefined) return known
    if (!this.#budget.tryTake(1)) return this.#text('unknown')
    const entry = this.#make(type, hint)
    this.#byType.set(type, entry)
    return entry
  }

  #make(type: Type, hint: string): PrintNode {
    switch (type.op) {
      case 'shape':
        return this.#shape(type, hint)
      case 'named':
        return this.#named(type)
      case 'union':
        return this.#composite('union', this.#partsOf(type, hint), hint)
      case 'intersection':
        return this.#composite('intersection', this.#partsOf(type, hint), hint)
      default:
        return type satisfies never
    }
  }

  #named({ definition }: Named): PrintNode {
    const known = this.#byDefinition.get(definition)
    if (known !== undefined) return known
    this.#newDefinitions.push(definition)
    const entry = this.#add({ op: 'named', definition, ...this.#base(definition.hint) })
    this.#byDefinition.set(definition, entry)
    return entry
  }

  /**
   * Returns the nodes of the parts. In an intersection with a named type, a shape only describes the kinds of value
   * that the named type has.
   */
  #partsOf({ op, types }: Combined, hint: string): PrintNode[] {
    if (op === 'union') return types.map((type) => this.of(type, hint))
    let kinds = ALL_KINDS
    for (const type of types) if (type.op !== 'shape') kinds &= this.#kindsOf(type)
    const filter = unite(
      (Object.keys(KINDS) as (keyof typeof KINDS)[]).filter((kind) => kinds & KINDS[kind]).map((kind) => ONLY[kind]),
      UNBOUNDED,
    )
    return types.map((type) => this.of(type.op === 'shape' ? intersect([type, filter], UNBOUNDED) : type, hint))
  }

  /**
   * Returns the kinds of value of a type. The result is cached, since types may contain each other many times. A type
   * that is still being examined may be of any kind.
   */
  #kindsOf(type: Type, depth = 0): number {
    if (type.op === 'shape') return kindsOf(type)
    const known = this.#kinds.get(type)
    if (known !== undefined) return known
    if (depth > MAX_KINDS_DEPTH) return ALL_KINDS
    this.#kinds.set(type, ALL_KINDS)
    const kinds = this.#kindsOfNamed(type, depth + 1)
    this.#kinds.set(type, kinds)
    return kinds
  }

  #kindsOfNamed(type: Named | Combined, depth: number): number {
    switch (type.op) {
      case 'named':
        return type.definition.type === undefined ? ALL_KINDS : this.#kindsOf(type.definition.type, depth)
      case 'union':
        return type.types.reduce((kinds, inner) => kinds | this.#kindsOf(inner, depth), 0)
      case 'intersection':
        return type.types.reduce((kinds, inner) => kinds & this.#kindsOf(inner, depth), ALL_KINDS)
      default:
        return type satisfies never
    }
  }

  /** Returns the node of a shape. Most shapes are of one kind and need no list of alternatives. */
  #shape(shape: Shape, hint: string): PrintNode {
    const { array, object } = shape
    const kinds = kindsOf(shape)
    if (kinds === KINDS.string) return this.#scalars('string', shape.string, hint)
    if (kinds === KINDS.number) return this.#scalars('number', shape.number, hint)
    if (kinds === KINDS.array && isPart(array)) return this.#part(array, hint)
    if (kinds === KINDS.object && isPart(object)) return this.#part(object, hint)
    if (isUnknown(shape)) return this.#text('unknown')
    return kinds === 0 ? this.#text('never') : this.#mixed(shape, hint)
  }

  #mixed(shape: Shape, hint: string): PrintNode {
    const parts: PrintNode[] = []
    if (hasScalars(shape.string)) parts.push(this.#scalars('string', shape.string, hint))
    if (hasScalars(shape.number)) parts.push(this.#scalars('number', shape.number, hint))
    this.#addBooleans(parts, shape.boolean)
    if (isPart(shape.array)) this.#addAlternatives(parts, shape.array, hint)
    else if (shape.array !== undefined) parts.push(this.#text('unknown[]'))
    if (isPart(shape.object)) this.#addAlternatives(parts, shape.object, hint)
    else if (shape.object !== undefined) parts.push(this.#text('Record<string, unknown>'))
    if (shape.null) parts.push(this.#text('null'))
    return this.#composite('union', parts, hint)
  }

  #scalars(kind: 'string' | 'number', scalars: Scalars, hint: string): PrintNode {
    return scalars === 'all' ? this.#text(kind) : this.#literals(scalars, hint)
  }

  #addBooleans(parts: PrintNode[], scalars: Scalars): void {
    if (scalars === 'all' || scalars.size === 2) parts.push(this.#text('boolean'))
    else if (scalars.size > 0) for (const value of scalars) parts.push(this.#text(String(value)))
  }

  #addAlternatives(parts: PrintNode[], part: Part, hint: string): void {
    if (part.op === 'union') for (const inner of part.parts as readonly Part[]) parts.push(this.#part(inner, hint))
    else parts.push(this.#part(part, hint))
  }

  #literals(values: ReadonlySet<string | number | boolean>, hint: string): PrintNode {
    const texts: string[] = []
    for (const value of values) texts.push(typeof value === 'string' ? quote(value) : String(value))
    const text = texts.join(' | ')
    if (!this.#budget.tryTake(text.length)) return this.#text('unknown')
    const key = `l${text}`
    return this.#byKey.get(key) ?? this.#keep(key, { op: 'text', text, isLiteral: true, ...this.#base(hint) })
  }

  #part(part: Part, hint: string): PrintNode {
    switch (part.op) {
      case 'list':
        return this.#list(this.of(part.element, singular(hint)), hint)
      case 'tuple': {
        if (!this.#budget.tryTake(part.elements.length * USE_COST)) return this.#text('unknown[]')
        const elements = part.elements.map((element) => this.of(element, hint))
        const rest = part.rest === undefined ? undefined : this.of(part.rest, hint)
        const key = `t${elements.map(({ id }) => id).join()};${part.required};${rest?.id ?? ''}`
        const { required } = part
        return this.#byKey.get(key) ?? this.#keep(key, { op: 'tuple', elements, required, rest, ...this.#base(hint) })
      }
      case 'properties':
        return this.#object(part, hint)
      case 'union':
      case 'intersection':
        return this.#compositePart(part, hint)
      default:
        return part satisfies never
    }
  }

  #list(element: PrintNode, hint: string): PrintNode {
    const known = this.#lists.get(element)
    if (known !== undefined) return known
    const entry = this.#add({ op: 'list', element, ...this.#base(hint) })
    this.#lists.set(element, entry)
    return entry
  }

  /**
   * Returns the node of a union or an intersection. The node is cached, since nested alternatives may contain it many
   * times.
   */
  #compositePart(part: Composite<ArrayType> | Composite<ObjectType>, hint: string): PrintNode {
    const made = this.#byPart.get(part)
    if (made !== undefined) return made
    const { op } = part
    const parts = part.parts as readonly Part[]
    if (!this.#budget.tryTake(parts.length * USE_COST)) return this.#text('unknown')
    const isClosed = op === 'intersection' && parts.some((each) => each.op === 'properties' && each.rest === undefined)
    const entries = parts.map((each) => this.#part(isClosed ? withoutSignature(each) : each, hint))
    const entry = this.#composite(op, entries, hint)
    this.#byPart.set(part, entry)
    return entry
  }

  #composite(op: 'union' | 'intersection', parts: readonly PrintNode[], hint: string): PrintNode {
    const [first] = parts
    if (parts.length === 1 && first !== undefined) return first
    const different = distinct(parts)
    if (different.length === 1 && first !== undefined) return first
    let key: string = op
    for (const { id } of different) key += ` ${id}`
    return this.#byKey.get(key) ?? this.#keep(key, { op, parts: different, ...this.#base(hint) })
  }

  #object(object: Properties, hint: string): PrintNode {
    if (this.#budget.isSpent) return this.#text('Record<string, unknown>')
    const members: EntryMember[] = []
    object.members.forEach((member, key) => {
      if (this.#budget.isSpent) return
      const doc = this.#docOf(member, key)
      if (!this.#budget.tryTake(key.length + doc.length + USE_COST)) return
      members.push({ key, isOptional: member.isOptional, type: this.#memberType(key, member), doc })
    })
    if (this.#budget.isSpent) return this.#text('Record<string, unknown>')
    const signatures = this.#signatures(object, hint)
    if (this.#budget.isSpent) return this.#text('Record<string, unknown>')
    if (members.length === 0 && signatures.length === 0) return this.#text('Record<string, never>')
    return this.#distinct({ op: 'object', members, signatures, ...this.#base(hint) })
  }

  /**
   * Returns the known node of an equal object, or adds the object. Most objects have a unique hash or equal the first
   * object with their hash, so only the others need a key.
   */
  #distinct(object: ObjectNode): PrintNode {
    const look = lookOf(object)
    const first = this.#objects.get(look)
    if (first === undefined) {
      this.#objects.set(look, object)
      return this.#add(object)
    }
    if (areEqual(first, object)) return first
    const key = this.#keyOf(object)
    return this.#byKey.get(key) ?? this.#keep(key, object)
  }

  /**
   * Returns a key that only equal objects share. Names may contain any character, so each is preceded by its length.
   */
  #keyOf({ members, signatures }: ObjectNode): string {
    let key = 'o'
    for (const { key: name, isOptional, type, doc } of members)
      key += `,${type.id}${isOptional ? '?' : ':'}${this.#docNumber(doc)} ${name.length} ${name}`
    for (const { keys, type, isMaybeUndefined } of signatures)
      key += `[${type.id}${isMaybeUndefined ? '?' : ':'}${keys.length} ${keys}`
    return key
  }

  /**
   * Returns the node of a property. On an object without a property of these names, TypeScript finds the inherited
   * function and compares its type.
   */
  #memberType(name: string, { type, isOptional }: Member): PrintNode {
    const entry = this.of(type, name)
    if (!isOptional || !ON_EVERY_OBJECT.has(name) || isUnknown(type)) return entry
    return this.#composite('union', [entry, this.#text('Function')], name)
  }

  /** Returns a number for a doc text, which keeps the keys of nodes short. */
  #docNumber(doc: string): number {
    const known = this.#docs.get(doc)
    if (known !== undefined) return known
    this.#docs.set(doc, this.#docs.size)
    return this.#docs.size - 1
  }

  #signatures(object: Properties, hint: string): readonly Signature[] {
    const { templates, rest, isOpen } = object
    const isRestSaid = rest !== undefined && (isOpen || !isUnknown(rest))
    if (templates.length === 0 && !isRestSaid) return NO_SIGNATURES
    const size = object.members.size + templates.length
    for (const { prefix, suffix } of templates) this.#budget.tryTake(prefix.length + suffix.length + size)
    if (this.#budget.isSpent) return NO_SIGNATURES
    const signatures = templates.map((template) => this.#templateSignature(object, template, hint))
    if (isRestSaid) signatures.push(this.#restSignature(object, rest, hint))
    return signatures
  }

  #templateSignature({ members, templates }: Properties, template: Template, hint: string): Signature {
    const meant: Member[] = []
    members.forEach((member, key) => {
      if (matches(template, key)) meant.push(member)
    })
    const narrower = templates.filter((other) => other !== template && contains(template, other))
    return {
      keys: `\`${escapeTemplate(template.prefix)}\${string}${escapeTemplate(template.suffix)}\``,
      type: this.of(cover([template, ...meant, ...narrower]), hint),
      isMaybeUndefined: meant.some(({ isOptional }) => isOptional),
    }
  }

  #restSignature({ members, templates }: Properties, rest: Type, hint: string): Signature {
    // `unknown` covers every named property.
    if (isUnknown(rest)) return { keys: 'string', type: this.#text('unknown'), isMaybeUndefined: false }
    const named = [...members.values()]
    const covered = cover([{ type: rest }, ...named, ...templates])
    const isMaybeUndefined = named.some(({ isOptional }) => isOptional) && !isUnknown(covered)
    return { keys: 'string', type: this.of(covered, hint), isMaybeUndefined }
  }

  #text(text: string): PrintNode {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const entry = this.#add({ op: 'text', text, isLiteral: false, ...this.#base(text) })
    this.#texts.set(text, entry)
    return entry
  }

  #base(hint: string): PrintNodeBase {
    return { id: this.#count, uses: 0, hint, size: undefined }
  }

  #keep(key: string, entry: PrintNode): PrintNode {
    this.#byKey.set(key, entry)
    return this.#add(entry)
  }

  #add(entry: PrintNode): PrintNode {
    if (entry.op !== 'list') forEachChild(entry, use)
    this.#count++
    return entry
  }
}

/** An array or object type except `any`, which is printed by the code around it. */
type Part = Exclude<ArrayType | ObjectType, Any>

const isPart = (part: ArrayType | ObjectType | undefined): part is Part => part !== undefined && part.op !== 'any'

/** Returns the singular of a name: `items` → `item`. */
function singular(hint: string): string {
  if (/(?:ss|us|is)$/i.test(hint)) return hint
  return hint.replace(/ies$/i, 'y').replace(/(?<=[a-z])s$/i, '')
}

/**
 * Returns the type of an index signature. TypeScript requires it to include every type that its keys have elsewhere in
 * the object.
 */
function cover(parts: readonly { readonly type: Type }[]): Type {
  const types = distinct(parts.map(({ type }) => type))
  return types.length > MAX_COVERED ? UNKNOWN : unite(types, UNBOUNDED)
}

/** Removes index signatures from open objects. In an intersection with a closed object, they are not needed. */
function withoutSignature(part: Part): Part {
  if (part.op !== 'union') return closed(part)
  return { op: 'union', parts: (part.parts as Part[]).map(closed) } as Part
}

function closed(part: Part): Part {
  const isOpen = part.op === 'properties' && part.isOpen && part.rest !== undefined && isUnknown(part.rest)
  return isOpen ? { ...part, isOpen: false } : part
}

const escapeTemplate = (text: string): string => text.replace(/[\\`$]/g, '\\$&')
