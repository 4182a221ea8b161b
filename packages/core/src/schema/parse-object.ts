import { isRecord, isSchema, type Json, own } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { type Budget, MAX_TEMPLATES } from './bounds.ts'
import { intersect, unite } from './combine.ts'
import { contains, matches, memberOf, oneProperty } from './combine-objects.ts'
import { type KeyPattern, parseKeyPattern } from './key-patterns.ts'
import { APPLICATORS } from './keywords.ts'
import { type Context, type Reader, step } from './reader.ts'
import {
  ANY,
  isExact,
  isUnknown,
  type Member,
  NEVER,
  type ObjectType,
  type Template,
  type Type,
  UNKNOWN,
} from './type.ts'

export interface ObjectPart {
  readonly part: ObjectType
  readonly isExact: boolean
}

/** Maximum number of dependencies. Each adds a union to the object; more would cost more than they express. */
const MAX_DEPENDENCIES = 4
/** Maximum number of names in `propertyNames` that become properties. */
const MAX_LISTED_NAMES = 50

const NONE: ReadonlySet<unknown> = new Set()

/** An object type under construction. */
interface Draft {
  readonly members: Map<string, Member>
  readonly templates: Template[]
  rest: Type | undefined
  isOpen: boolean
  isExact: boolean
}

/** Parses the keywords of a schema that describe objects. */
export function parseObject(reader: Reader, schema: Json, groups: number, context: Context, hint: string): ObjectPart {
  const draft: Draft = { members: new Map(), templates: [], rest: UNKNOWN, isOpen: false, isExact: true }
  parseProperties(reader, schema, context, draft)
  parseRest(reader, schema, groups, context, hint, draft)
  parsePatterns(reader, schema, context, hint, draft)
  parseNames(reader, schema, context, draft)
  parseRequired(reader, schema, draft)
  parseCounts(schema, draft)
  const { members, templates, rest, isOpen } = draft
  const isBare = members.size === 0 && templates.length === 0 && rest !== undefined && isUnknown(rest)
  // Under `unevaluatedProperties: false`, an object without properties is closed too, unless applicators may add some.
  const isSealed = context.isSealed && (groups & APPLICATORS) === 0
  if (isBare && !isSealed) return { part: ANY, isExact: draft.isExact }
  const isSaid =
    draft.isExact &&
    areExact(members) &&
    templates.every(({ type }) => isExact(type)) &&
    (rest === undefined || isExact(rest))
  return { part: { op: 'properties', members, rest, isOpen: isOpen && rest !== undefined, templates }, isExact: isSaid }
}

function areExact(members: ReadonlyMap<string, Member>): boolean {
  for (const { type } of members.values()) if (!isExact(type)) return false
  return true
}

function parseProperties(reader: Reader, schema: Json, context: Context, draft: Draft): void {
  const properties = own(schema, 'properties')
  if (properties === undefined) return
  if (!isRecord(properties))
    return reader.warn(context, '`properties` is not an object, so it is ignored', 'properties')
  const listed = own(schema, 'required')
  if (Array.isArray(listed)) reader.work.take(listed.length)
  const required = Array.isArray(listed) && listed.length > 0 ? new Set<unknown>(listed) : NONE
  const place = step(context, 'properties')
  const keys = Object.keys(properties)
  reader.work.take(keys.length)
  for (const key of keys) {
    const value = properties[key]
    if (!isSchema(value)) {
      reader.warn(place, 'is not a schema, so any value is accepted', key)
    }
    const property = isSchema(value) ? value : true
    // The host applies the default of a missing property.
    const hasDefault = reader.position === 'input' && isRecord(property) && Object.hasOwn(property, 'default')
    draft.members.set(key, {
      type: reader.part(property, place, key, key),
      isOptional: hasDefault || !required.has(key),
      docs: docsOf(reader, property, context),
    })
  }
}

/** Returns the schemas that document a property: its own schema, and the schema that it references. */
function docsOf(reader: Reader, schema: JsonSchema, { isEmbedded }: Context): Json[] {
  if (typeof schema === 'boolean') return []
  const reference = own(schema, '$ref')
  const target =
    typeof reference === 'string' ? reader.references.resolve(reference, schema, isEmbedded)?.schema : undefined
  return !isRecord(target) || target === schema ? [schema] : [schema, target]
}

function parseRest(reader: Reader, schema: Json, groups: number, context: Context, hint: string, draft: Draft): void {
  const isAlone = (groups & APPLICATORS) === 0
  const unevaluated = own(schema, 'unevaluatedProperties')
  const said = own(schema, 'additionalProperties')
  const keyword = said === undefined && isAlone ? 'unevaluatedProperties' : 'additionalProperties'
  const additional = said ?? (isAlone ? unevaluated : undefined)
  if (said === undefined && unevaluated !== undefined && !isAlone) draft.isExact = false
  if (additional === false) draft.rest = undefined
  else if (isRecord(additional)) draft.rest = reader.part(additional, context, keyword, hint)
  draft.isOpen = additional === undefined ? !reader.isLoose && !context.isSealed : additional !== false
}

function parsePatterns(reader: Reader, schema: Json, context: Context, hint: string, draft: Draft): void {
  const patterns = own(schema, 'patternProperties')
  if (!isRecord(patterns)) return
  const { work } = reader
  const unclear: Type[] = []
  for (const [pattern, value] of Object.entries(patterns)) {
    if (!isSchema(value)) continue
    const type = reader.part(value, step(context, 'patternProperties'), pattern, hint)
    const read = parseKeyPattern(pattern)
    const isOneTooMany = read?.kind === 'template' && draft.templates.length >= MAX_TEMPLATES
    if (isOneTooMany)
      reader.warn(context, `only ${MAX_TEMPLATES} patterns of property names are declared`, 'patternProperties')
    if (read === undefined || isOneTooMany) unclear.push(type)
    else parsePattern(read, type, draft, work)
  }
  nest(draft.templates, work)
  if (unclear.length === 0) return
  // No type can express which properties these patterns match, so any property may have their types or that of the
  // rest.
  draft.isExact = false
  draft.rest = unite([draft.rest ?? NEVER, ...unclear], work)
  draft.isOpen ||= isUnknown(draft.rest)
  draft.templates.splice(0, draft.templates.length, ...draft.templates.map((known) => widen(known, unclear, work)))
}

/** Intersects the type of each template with those of the wider templates that match all its keys. */
function nest(templates: Template[], work: Budget): void {
  for (const [index, narrow] of templates.entries()) {
    const wider = templates.filter((wide) => wide !== narrow && contains(wide, narrow)).map(({ type }) => type)
    if (wider.length > 0) templates[index] = { ...narrow, type: intersect([narrow.type, ...wider], work) }
  }
}

const widen = (template: Template, types: readonly Type[], work: Budget): Template => ({
  ...template,
  type: unite([template.type, ...types], work),
})

function parsePattern(pattern: KeyPattern, type: Type, draft: Draft, work: Budget): void {
  const restrictOne = (key: string, member: Member): void => {
    draft.members.set(key, { ...member, type: intersect([member.type, type], work) })
  }
  const restrict = (isMeant: (key: string) => boolean): void => {
    work.take(draft.members.size)
    for (const [key, member] of draft.members) if (isMeant(key)) restrictOne(key, member)
  }
  switch (pattern.kind) {
    case 'all':
      restrict(() => true)
      draft.rest = type
      return
    case 'one': {
      const { key } = pattern
      const member = draft.members.get(key)
      if (member !== undefined) restrictOne(key, member)
      else draft.members.set(key, { type, isOptional: true, docs: [] })
      return
    }
    case 'template': {
      const template: Template = { prefix: pattern.prefix, suffix: pattern.suffix, type }
      restrict((key) => matches(template, key))
      draft.templates.push(template)
      return
    }
    default:
      pattern satisfies never
  }
}

/** Removes the properties whose names `propertyNames` rejects. */
function parseNames(reader: Reader, schema: Json, context: Context, draft: Draft): void {
  const schemaOfNames = own(schema, 'propertyNames')
  if (!isSchema(schemaOfNames) || schemaOfNames === true) return
  const names = reader.part(schemaOfNames, context, 'propertyNames', 'Name')
  const strings = names.op === 'shape' ? names.string : 'all'
  if (strings === 'all') return parseNamePattern(schemaOfNames, draft)
  if (strings.size > MAX_LISTED_NAMES) {
    draft.isExact = false
    return
  }
  for (const [key, member] of draft.members) {
    if (!strings.has(key)) draft.members.set(key, { ...member, type: NEVER })
  }
  for (const name of strings) {
    const key = String(name)
    const matching = draft.templates.find((template) => matches(template, key))
    const type = matching?.type ?? draft.rest
    if (!draft.members.has(key) && type !== undefined) draft.members.set(key, { type, isOptional: true, docs: [] })
  }
  draft.templates.length = 0
  draft.rest = undefined
  draft.isOpen = false
  draft.isExact &&= isExact(names)
}

function parseNamePattern(schema: JsonSchema, draft: Draft): void {
  const pattern = isRecord(schema) ? own(schema, 'pattern') : undefined
  const read = typeof pattern === 'string' ? parseKeyPattern(pattern) : undefined
  if (read?.kind !== 'template' || draft.templates.length > 0 || draft.rest === undefined) {
    draft.isExact = false
    return
  }
  const template: Template = { prefix: read.prefix, suffix: read.suffix, type: draft.rest }
  draft.templates.push(template)
  for (const [key, member] of draft.members) {
    if (!matches(template, key)) draft.members.set(key, { ...member, type: NEVER })
  }
  draft.rest = undefined
  draft.isOpen = false
}

/** Adds required properties that the schema does not describe. */
function parseRequired(reader: Reader, schema: Json, draft: Draft): void {
  const required = own(schema, 'required')
  if (!Array.isArray(required)) return
  const isMissing = (key: unknown): key is string => {
    if (typeof key !== 'string') return false
    const known = draft.members.get(key)
    // Described properties have already been read as required or optional.
    return known === undefined || (known.isOptional && known.docs.length === 0)
  }
  reader.work.take(required.length)
  for (const key of required.filter(isMissing).sort()) {
    reader.work.take(1 + draft.templates.length)
    draft.members.set(key, { ...memberOf(draft, key, reader.work), isOptional: false })
  }
}

function parseCounts(schema: Json, draft: Draft): void {
  if (own(schema, 'maxProperties') === 0) {
    draft.members.clear()
    draft.templates.length = 0
    draft.rest = undefined
  } else if (Object.hasOwn(schema, 'maxProperties') || Object.hasOwn(schema, 'minProperties')) {
    draft.isExact = false
  }
}

/**
 * Returns the types of dependencies: if a property is present, other properties are required or the whole object must
 * match a schema.
 */
export function dependencies(reader: Reader, schema: Json, context: Context): Type[] {
  const { work } = reader
  const types: Type[] = []
  const isOpen = !reader.isLoose && !context.isSealed
  for (const keyword of ['dependentRequired', 'dependentSchemas', 'dependencies']) {
    const map = own(schema, keyword)
    for (const [key, value] of isRecord(map) ? Object.entries(map) : []) {
      const isList = Array.isArray(value)
      work.take(isList ? 1 + value.length : 1)
      if ((!isList && !isSchema(value)) || value === true) continue
      if (types.length >= MAX_DEPENDENCIES) {
        reader.warn(context, `only ${MAX_DEPENDENCIES} dependencies are declared`, keyword)
        return types
      }
      const present = { ...UNKNOWN, object: oneProperty(key, UNKNOWN, false, isOpen) }
      const absent = { ...UNKNOWN, object: oneProperty(key, NEVER, true, isOpen) }
      const asked: Type[] = isList
        ? value.map((name) => ({ ...UNKNOWN, object: oneProperty(String(name), UNKNOWN, false, isOpen) }))
        : [reader.type(value, step(step(context, keyword), key), key)]
      const isMore = asked.some((type) => !isUnknown(type))
      if (isMore) types.push(unite([absent, intersect([present, ...asked], work)], work))
    }
  }
  return types
}
