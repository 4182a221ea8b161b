import type { Budget } from './bounds.ts'
import { complement, intersect } from './combine.ts'
import {
  ANY,
  type Composite,
  isExact,
  isNever,
  isUnknown,
  type Member,
  NEVER,
  type ObjectType,
  type Properties,
  type Template,
  type Type,
  UNKNOWN,
} from './type.ts'

/** Returns the intersection of two object types in a simpler form, or undefined if only TypeScript can compute it. */
export function mergeObjects(left: ObjectType, right: ObjectType, work: Budget): ObjectType | undefined {
  if (left.op !== 'properties' || right.op !== 'properties') {
    if (left.op === 'properties') return beside(left, right, work)
    return right.op === 'properties' ? beside(right, left, work) : undefined
  }
  if (left.templates.length > 0 && right.templates.length > 0) return undefined
  work.take(sizeOf(left) + sizeOf(right))
  const rest =
    left.rest === undefined || right.rest === undefined ? undefined : intersect([left.rest, right.rest], work)
  const members = new Map<string, Member>()
  for (const key of new Set([...left.members.keys(), ...right.members.keys()])) {
    const member = mergeMembers(memberOf(left, key, work), memberOf(right, key, work), work)
    // An optional property of type `never` is absent from a closed object.
    if (member.isOptional && isNever(member.type) && rest === undefined) continue
    members.set(key, member)
  }
  return {
    op: 'properties',
    members,
    rest,
    isOpen: rest !== undefined && (left.isOpen || right.isOpen),
    templates: [...restrict(left.templates, right.rest, work), ...restrict(right.templates, left.rest, work)],
  }
}

/** Steps to merge one property. */
const MERGE_COST = 3

/** Returns the number of steps to merge all parts of an object. */
const sizeOf = ({ members, templates }: Properties): number => MERGE_COST * (1 + members.size * (1 + templates.length))

/** Simplifies the intersection of an object and a union. Returns undefined if nothing can be simplified. */
function beside(object: Properties, part: ObjectType, work: Budget): ObjectType | undefined {
  if (part.op !== 'union') return undefined
  const isClosed = object.rest === undefined && object.templates.length === 0
  for (const alternative of part.parts) work.take(alternative.op === 'properties' ? sizeOf(alternative) : 1)
  return isClosed ? within(object, part, work) : specify(object, part, work)
}

/**
 * Intersects properties that only the alternatives declare with what the object knows of them. TypeScript uses an index
 * signature for a literal only if the property is not declared, and widens `'a'` to `string` if the declaration is less
 * specific.
 */
function specify(object: Properties, { parts }: Composite<ObjectType>, work: Budget): ObjectType | undefined {
  const specified = parts.map((part) => (part.op === 'properties' ? specifyMembers(object, part, work) : part))
  if (specified.every((part, index) => part === parts[index])) return undefined
  return { op: 'intersection', parts: [object, { op: 'union', parts: specified }] }
}

function specifyMembers(object: Properties, alternative: Properties, work: Budget): Properties {
  const members = new Map(alternative.members)
  let isSpecified = false
  for (const [key, member] of alternative.members) {
    const known = memberOf(object, key, work).type
    if (object.members.has(key) || !isVaguer(member.type, known)) continue
    members.set(key, { ...member, type: intersect([member.type, known], work) })
    isSpecified = true
  }
  return isSpecified ? { ...alternative, members } : alternative
}

/** Returns whether a type accepts all values of a kind of which the known type accepts only some. */
function isVaguer(type: Type, known: Type): boolean {
  if (type.op !== 'shape' || known.op !== 'shape') return isUnknown(type) && !isUnknown(known)
  const scalars = (['boolean', 'number', 'string'] as const).some(
    (kind) => type[kind] === 'all' && known[kind] !== 'all' && known[kind].size > 0,
  )
  const parts = (['array', 'object'] as const).some(
    (kind) => type[kind]?.op === 'any' && known[kind] !== undefined && known[kind].op !== 'any',
  )
  return scalars || parts
}

/**
 * Simplifies the intersection of a closed object and a union. Each alternative keeps only what concerns the properties
 * of the object.
 */
function within(closed: Properties, part: Composite<ObjectType>, work: Budget): ObjectType | undefined {
  const left: ObjectType[] = []
  for (const alternative of part.parts) {
    const restricted = restrictTo(closed, alternative)
    if (restricted === undefined) continue
    // This alternative requires nothing, so the union has no effect.
    if (restricted.op === 'properties' && restricted.members.size === 0) return closed
    left.push(restricted)
  }
  const [first] = left
  if (first === undefined) return undefined
  const parts = left.length === 1 ? [first] : [{ op: 'union', parts: left } as const]
  return left.length === part.parts.length && left.every((kept, index) => kept === part.parts[index])
    ? undefined
    : (mergeable(closed, parts[0] as ObjectType, work) ?? { op: 'intersection', parts: [closed, ...parts] })
}

function mergeable(closed: Properties, part: ObjectType, work: Budget): ObjectType | undefined {
  return part.op === 'properties' ? mergeObjects(closed, part, work) : undefined
}

/**
 * Limits an alternative to the properties of a closed object. Returns undefined if it requires a property that the
 * object does not allow.
 */
function restrictTo(closed: Properties, alternative: ObjectType): ObjectType | undefined {
  if (alternative.op !== 'properties' || alternative.rest === undefined || !isUnknown(alternative.rest))
    return alternative
  const foreign = [...alternative.members].filter(([key]) => !closed.members.has(key))
  if (foreign.length === 0) return alternative
  if (foreign.some(([, { isOptional }]) => !isOptional)) return undefined
  const members = new Map([...alternative.members].filter(([key]) => closed.members.has(key)))
  return { ...alternative, members, isOpen: false }
}

/**
 * Returns a property. The type of an undeclared property comes from the templates that match it, or else from the rest.
 */
export function memberOf(
  object: Pick<Properties, 'members' | 'templates' | 'rest'>,
  key: string,
  work: Budget,
): Member {
  const member = object.members.get(key)
  if (member !== undefined) return member
  const matching = object.templates.filter((template) => matches(template, key)).map(({ type }) => type)
  const type = matching.length > 0 ? intersect(matching, work) : (object.rest ?? NEVER)
  return { type, isOptional: true, docs: [] }
}

function mergeMembers(left: Member, right: Member, work: Budget): Member {
  work.take(left.docs.length + right.docs.length)
  return {
    type: intersect([left.type, right.type], work),
    isOptional: left.isOptional && right.isOptional,
    docs: [...left.docs, ...right.docs],
  }
}

function restrict(templates: readonly Template[], rest: Type | undefined, work: Budget): Template[] {
  if (rest === undefined) return []
  return templates.map((template) => ({ ...template, type: intersect([template.type, rest], work) }))
}

export function matches({ prefix, suffix }: Template, key: string): boolean {
  return key.length >= prefix.length + suffix.length && key.startsWith(prefix) && key.endsWith(suffix)
}

/** Returns whether every key that matches the narrow template also matches the wide one. */
export function contains(wide: Template, narrow: Template): boolean {
  return narrow.prefix.startsWith(wide.prefix) && narrow.suffix.endsWith(wide.suffix)
}

/** Returns an object type with one property, required or optional, that allows any other properties. */
export function oneProperty(key: string, type: Type, isOptional: boolean, isOpen: boolean): Properties {
  const members = new Map([[key, { type, isOptional, docs: [] }]])
  return { op: 'properties', members, rest: UNKNOWN, isOpen, templates: [] }
}

/**
 * Returns the objects that a type excludes, if they can be expressed by one property that is absent or has another
 * type.
 */
export function complementOfObject(object: ObjectType | undefined): { part: ObjectType | undefined; isExact: boolean } {
  if (object === undefined) return { part: ANY, isExact: true }
  if (object.op === 'any') return { part: undefined, isExact: true }
  const wider = { part: ANY, isExact: false }
  if (object.op !== 'properties' || object.members.size !== 1 || object.templates.length > 0) return wider
  if (object.rest === undefined || !isUnknown(object.rest)) return wider
  const [[key, member]] = object.members as unknown as [[string, Member]]
  if (!isExact(member.type)) return wider
  const type = complement(member.type)
  // A required property also fails by being absent.
  return { part: oneProperty(key, type, !member.isOptional, object.isOpen), isExact: isExact(type) }
}
