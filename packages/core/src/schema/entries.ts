import { intersect, unite } from './combine.ts'
import { contains, matches } from './combine-objects.ts'
import { quote } from './names.ts'
import {
  ALL_KINDS,
  type Any,
  type ArrayType,
  type Combined,
  type Composite,
  type Definition,
  isNever,
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
  type Type,
  UNKNOWN,
} from './type.ts'

/** A piece of the text to be: equal pieces are one entry, so that what repeats is seen, and said once. */
export type Entry = EntryBase &
  (
    | { readonly op: 'text'; readonly text: string; readonly isLiteral: boolean }
    | { readonly op: 'named'; readonly definition: Definition }
    | { readonly op: 'list'; readonly element: Entry }
    | { readonly op: 'tuple'; readonly elements: readonly Entry[]; readonly required: number; readonly rest?: Entry }
    | { readonly op: 'object'; readonly members: readonly EntryMember[]; readonly signatures: readonly Signature[] }
    | { readonly op: 'union' | 'intersection'; readonly parts: readonly Entry[] }
  )

interface EntryBase {
  readonly id: number
  /** How many others it is a part of. */
  uses: number
  /** What it may be called. */
  hint: string
}

export interface EntryMember {
  readonly key: string
  readonly isOptional: boolean
  readonly doc: string
  readonly type: Entry
}

export interface Signature {
  /** A type of keys: `string`, or a template literal. */
  readonly keys: string
  readonly type: Entry
  readonly isMaybeUndefined: boolean
}

const ON_EVERY_OBJECT = new Set(
  'constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf'.split(' '),
)

const NO_SIGNATURES: readonly Signature[] = []

/** An index signature must cover the named properties; a union of more types than this says nothing. */
const MAX_COVERED = 6

/** Turns types into entries. */
export class Entries {
  readonly #byKey = new Map<string, Entry>()
  readonly #docs = new Map<string, number>()
  readonly #byPart = new Map<Composite<ArrayType> | Composite<ObjectType>, Entry>()
  readonly #kinds = new Map<Type, number>()
  readonly #texts = new Map<string, Entry>()
  readonly #byType = new Map<Type, Entry>()
  readonly #definitions = new Map<Definition, number>()
  readonly #newDefinitions: Definition[] = []
  readonly #docOf: (member: Member, key: string) => string

  /** @param docOf writes a member's doc comment, without its delimiters */
  constructor(docOf: (member: Member, key: string) => string) {
    this.#docOf = docOf
  }

  /** One that was met and not asked for yet. */
  newDefinition(): Definition | undefined {
    return this.#newDefinitions.pop()
  }

  of(type: Type, hint: string): Entry {
    const known = this.#byType.get(type)
    if (known !== undefined) return known
    const entry = this.#make(type, hint)
    this.#byType.set(type, entry)
    return entry
  }

  #make(type: Type, hint: string): Entry {
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

  #named({ definition }: Named): Entry {
    let number = this.#definitions.get(definition)
    if (number === undefined) {
      number = this.#definitions.size
      this.#definitions.set(definition, number)
      this.#newDefinitions.push(definition)
    }
    return this.#entry(`n${number}`, definition.hint, () => ({ op: 'named', definition }))
  }

  /** Beside a named type, a shape says only what concerns the kinds of value that the named one has. */
  #partsOf({ op, types }: Combined, hint: string): Entry[] {
    if (op === 'union') return types.map((type) => this.of(type, hint))
    let kinds = ALL_KINDS
    for (const type of types) if (type.op !== 'shape') kinds &= this.#kindsOf(type)
    const filter = unite(
      (Object.keys(KINDS) as (keyof typeof KINDS)[]).filter((kind) => kinds & KINDS[kind]).map((kind) => ONLY[kind]),
    )
    return types.map((type) => this.of(type.op === 'shape' ? intersect([type, filter]) : type, hint))
  }

  /** Kept by the type, as types may meet each other again and again. While one is looked at, it may be anything. */
  #kindsOf(type: Type): number {
    if (type.op === 'shape') return kindsOf(type)
    const known = this.#kinds.get(type)
    if (known !== undefined) return known
    this.#kinds.set(type, ALL_KINDS)
    const kinds = this.#kindsOfNamed(type)
    this.#kinds.set(type, kinds)
    return kinds
  }

  #kindsOfNamed(type: Named | Combined): number {
    switch (type.op) {
      case 'named':
        return type.definition.type === undefined ? ALL_KINDS : this.#kindsOf(type.definition.type)
      case 'union':
        return type.types.reduce((kinds, inner) => kinds | this.#kindsOf(inner), 0)
      case 'intersection':
        return type.types.reduce((kinds, inner) => kinds & this.#kindsOf(inner), ALL_KINDS)
      default:
        return type satisfies never
    }
  }

  #shape(shape: Shape, hint: string): Entry {
    if (isUnknown(shape)) return this.#text('unknown')
    if (isNever(shape)) return this.#text('never')
    const parts = [
      ...this.#scalars('string', shape.string, hint),
      ...this.#scalars('number', shape.number, hint),
      ...this.#booleans(shape),
    ]
    if (shape.array?.op === 'any') parts.push(this.#text('unknown[]'))
    else if (shape.array !== undefined) parts.push(...this.#alternatives(shape.array, hint))
    if (shape.object?.op === 'any') parts.push(this.#text('Record<string, unknown>'))
    else if (shape.object !== undefined) parts.push(...this.#alternatives(shape.object, hint))
    if (shape.null) parts.push(this.#text('null'))
    return this.#composite('union', parts, hint)
  }

  #scalars(kind: 'string' | 'number', scalars: Scalars, hint: string): Entry[] {
    if (scalars === 'all') return [this.#text(kind)]
    if (scalars.size === 0) return []
    const texts = [...scalars].map((value) => (typeof value === 'string' ? quote(value) : String(value)))
    return [this.#entry(`l${texts.join('|')}`, hint, () => ({ op: 'text', text: texts.join(' | '), isLiteral: true }))]
  }

  #booleans({ boolean }: Shape): Entry[] {
    if (boolean === 'all' || boolean.size === 2) return [this.#text('boolean')]
    return [...boolean].map((value) => this.#text(String(value)))
  }

  #alternatives(part: Part, hint: string): Entry[] {
    if (part.op !== 'union') return [this.#part(part, hint)]
    return (part.parts as Part[]).map((inner) => this.#part(inner, hint))
  }

  #part(part: Part, hint: string): Entry {
    switch (part.op) {
      case 'list':
        return this.#list(this.of(part.element, singular(hint)), hint)
      case 'tuple': {
        const elements = part.elements.map((element) => this.of(element, hint))
        const rest = part.rest === undefined ? undefined : this.of(part.rest, hint)
        const key = `t${elements.map(({ id }) => id).join()};${part.required};${rest?.id ?? ''}`
        return this.#entry(key, hint, () => ({
          op: 'tuple',
          elements,
          required: part.required,
          ...(rest === undefined ? {} : { rest }),
        }))
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

  #list(element: Entry, hint: string): Entry {
    return this.#entry(`a${element.id}`, hint, () => ({ op: 'list', element }))
  }

  /** Kept by the part: alternatives within alternatives may meet it again and again. */
  #compositePart(part: Composite<ArrayType> | Composite<ObjectType>, hint: string): Entry {
    const made = this.#byPart.get(part)
    if (made !== undefined) return made
    const { op } = part
    const parts = part.parts as readonly Part[]
    const isClosed = op === 'intersection' && parts.some((each) => each.op === 'properties' && each.rest === undefined)
    const entries = parts.map((each) => this.#part(isClosed ? withoutSignature(each) : each, hint))
    const entry = this.#composite(op, entries, hint)
    this.#byPart.set(part, entry)
    return entry
  }

  #composite(op: 'union' | 'intersection', parts: readonly Entry[], hint: string): Entry {
    const [first] = parts
    if (parts.length === 1 && first !== undefined) return first
    const distinct = [...new Set(parts)]
    if (distinct.length === 1 && first !== undefined) return first
    return this.#entry(`${op[0]}${distinct.map(({ id }) => id).join()}`, hint, () => ({ op, parts: distinct }))
  }

  #object(object: Properties, hint: string): Entry {
    const members: EntryMember[] = []
    let key = 'o'
    for (const [name, member] of object.members) {
      const { isOptional } = member
      const type = this.#memberType(name, member)
      const doc = this.#docOf(member, name)
      members.push({ key: name, isOptional, type, doc })
      key += `${isOptional ? '?' : '!'}${type.id} ${this.#docNumber(doc)} ${name}\0`
    }
    const signatures = this.#signatures(object, hint)
    if (members.length === 0 && signatures.length === 0) return this.#text('Record<string, never>')
    for (const { keys, type, isMaybeUndefined } of signatures) key += `[${type.id} ${isMaybeUndefined} ${keys}\0`
    return this.#entry(key, hint, () => ({ op: 'object', members, signatures }))
  }

  /** TypeScript finds a function of these names on an object that has no such property, and compares its type. */
  #memberType(name: string, { type, isOptional }: Member): Entry {
    const entry = this.of(type, name)
    if (!isOptional || !ON_EVERY_OBJECT.has(name) || isUnknown(type)) return entry
    return this.#composite('union', [entry, this.#text('Function')], name)
  }

  /** Numbers keep the keys of entries short, however long what is said. */
  #docNumber(doc: string): number {
    if (doc === '') return 0
    const known = this.#docs.get(doc)
    if (known !== undefined) return known
    this.#docs.set(doc, this.#docs.size + 1)
    return this.#docs.size
  }

  #signatures({ members, templates, rest, isOpen }: Properties, hint: string): readonly Signature[] {
    if (templates.length === 0 && (rest === undefined || (isUnknown(rest) && !isOpen))) return NO_SIGNATURES
    const signatures = templates.map((template): Signature => {
      const meant = [...members].filter(([key]) => matches(template, key)).map(([, member]) => member)
      const narrower = templates.filter((other) => other !== template && contains(template, other))
      return {
        keys: `\`${escapeTemplate(template.prefix)}\${string}${escapeTemplate(template.suffix)}\``,
        type: this.of(cover([template, ...meant, ...narrower]), hint),
        isMaybeUndefined: meant.some(({ isOptional }) => isOptional),
      }
    })
    if (rest === undefined || (isUnknown(rest) && !isOpen)) return signatures
    const isMaybeUndefined = [...members.values()].some(({ isOptional }) => isOptional)
    const covered = cover([{ type: rest }, ...members.values(), ...templates])
    const type = this.of(covered, hint)
    return [...signatures, { keys: 'string', type, isMaybeUndefined: isMaybeUndefined && !isUnknown(covered) }]
  }

  #text(text: string): Entry {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const entry = this.#entry(`=${text}`, text, () => ({ op: 'text', text, isLiteral: false }))
    this.#texts.set(text, entry)
    return entry
  }

  #entry(key: string, hint: string, make: () => DistributiveOmit<Entry, keyof EntryBase>): Entry {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const entry = { ...make(), id: this.#byKey.size, uses: 0, hint } as Entry
    if (entry.op !== 'list') for (const child of childrenOf(entry)) use(child)
    this.#byKey.set(key, entry)
    return entry
  }
}

/** What stands for itself: where any array or object will do, the place says so. */
type Part = Exclude<ArrayType | ObjectType, Any>

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never

/** A list is not worth a name: each use of it is one of its element. */
export function use(entry: Entry): void {
  entry.uses++
  if (entry.op === 'list') use(entry.element)
}

/** `items` → `item`: what one of many may be called. */
function singular(hint: string): string {
  if (/(?:ss|us|is)$/i.test(hint)) return hint
  return hint.replace(/ies$/i, 'y').replace(/(?<=[a-z])s$/i, '')
}

export function childrenOf(entry: Entry): readonly Entry[] {
  switch (entry.op) {
    case 'text':
    case 'named':
      return []
    case 'list':
      return [entry.element]
    case 'tuple':
      return entry.rest === undefined ? entry.elements : [...entry.elements, entry.rest]
    case 'object':
      return [...entry.members, ...entry.signatures].map(({ type }) => type)
    case 'union':
    case 'intersection':
      return entry.parts
    default:
      return entry satisfies never
  }
}

/** What a signature must say: TypeScript wants of it every type that its keys may have elsewhere in the object. */
function cover(parts: readonly { readonly type: Type }[]): Type {
  const types = [...new Set(parts.map(({ type }) => type))]
  return types.length > MAX_COVERED ? UNKNOWN : unite(types)
}

/** In an intersection one closed part closes all, so the others, and their alternatives, need not say that they are open. */
function withoutSignature(part: Part): Part {
  if (part.op !== 'union') return closed(part)
  return { op: 'union', parts: (part.parts as Part[]).map(closed) } as Part
}

function closed(part: Part): Part {
  const isOpen = part.op === 'properties' && part.isOpen && part.rest !== undefined && isUnknown(part.rest)
  return isOpen ? { ...part, isOpen: false } : part
}

const escapeTemplate = (text: string): string => text.replace(/[\\`$]/g, '\\$&')
