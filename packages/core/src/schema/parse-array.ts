import { isSchema, type Json, own } from '../values/json.ts'
import type { Budget } from './bounds.ts'
import { unite } from './combine.ts'
import { APPLICATORS, GROUPS } from './keywords.ts'
import { type Context, type Reader, step } from './reader.ts'
import { type ArrayType, isExact, type Type, UNKNOWN } from './type.ts'

export interface ArrayPart {
  readonly part: ArrayType
  readonly isExact: boolean
}

/** Maximum length of a tuple. A longer one is costly and adds little to its element type. */
const MAX_TUPLE = 8
/**
 * Maximum length of a fixed-length array that becomes a tuple in the types of a tool, such as coordinates. A tuple
 * rejects `rows.map(…)`, since TypeScript does not know its length.
 */
const MAX_FIXED = 4

const INEXACT = ['contains', 'minContains', 'maxContains', 'uniqueItems']

const PREFIX_KEYWORDS = ['prefixItems', 'items']

const NO_ELEMENTS: readonly Type[] = []

/** Parses the keywords of a schema that describe arrays. */
export function parseArray(reader: Reader, schema: Json, groups: number, context: Context, hint: string): ArrayPart {
  const prefix = prefixKeyword(schema)
  const elements = prefix === undefined ? NO_ELEMENTS : parsePrefix(reader, schema, prefix, context, hint)
  const keyword = restKeyword(schema, groups, prefix !== undefined)
  const said = own(schema, keyword)
  const rest = isSchema(said) ? reader.part(said, context, keyword, hint) : UNKNOWN
  const least = size(schema, 'minItems') ?? 0
  const most = size(schema, 'maxItems') ?? Number.POSITIVE_INFINITY
  const part = sized(reader.isLoose, elements, said === false ? undefined : rest, least, most, reader.work)
  const isSaid = (groups & GROUPS.array) === 0 || !INEXACT.some((inexact) => Object.hasOwn(schema, inexact))
  const isExactly =
    isSaid &&
    isExact(rest) &&
    elements.every(isExact) &&
    (part.op === 'tuple'
      ? least <= MAX_TUPLE && isBounded(part, most)
      : least === 0 && most === Number.POSITIVE_INFINITY) &&
    elements.length <= MAX_TUPLE &&
    (own(schema, 'unevaluatedItems') === undefined || keyword === 'unevaluatedItems')
  return { part, isExact: isExactly }
}

function parsePrefix(reader: Reader, schema: Json, keyword: string, context: Context, hint: string): Type[] {
  const place = step(context, keyword)
  return (schema[keyword] as readonly unknown[]).map((item, index) =>
    isSchema(item) ? reader.part(item, place, String(index), hint) : UNKNOWN,
  )
}

const isBounded = (part: { elements: readonly Type[]; rest: Type | undefined }, most: number): boolean =>
  part.rest === undefined ? part.elements.length <= most : most === Number.POSITIVE_INFINITY

/** Returns the keyword that lists the elements one by one. */
function prefixKeyword(schema: Json): string | undefined {
  return PREFIX_KEYWORDS.find((keyword) => Array.isArray(own(schema, keyword)))
}

/** Returns the keyword that describes the elements after the listed ones, if its value is a schema. */
function restKeyword(schema: Json, groups: number, hasPrefix: boolean): string {
  const items = own(schema, 'items')
  if (isSchema(items)) return 'items'
  if (hasPrefix && Array.isArray(items) && isSchema(own(schema, 'additionalItems'))) return 'additionalItems'
  // With these keywords, `unevaluatedItems` depends on more than the schema's own items.
  const isAlone = (groups & APPLICATORS) === 0 && !Object.hasOwn(schema, 'contains')
  return isAlone ? 'unevaluatedItems' : 'items'
}

/** @param rest undefined if no further elements are allowed */
function sized(
  isLoose: boolean,
  prefix: readonly Type[],
  rest: Type | undefined,
  least: number,
  most: number,
  work: Budget,
): ArrayType {
  const isFixed = least === most && least <= MAX_FIXED
  const isShort = prefix.length <= MAX_TUPLE
  if (!isShort || (prefix.length === 0 && !isTuple(isLoose, isFixed, least, most))) {
    return { op: 'list', element: unite(rest === undefined ? prefix : prefix.concat(rest), work) }
  }
  return tuple(prefix, rest, least, most)
}

function tuple(prefix: readonly Type[], rest: Type | undefined, least: number, most: number): ArrayType {
  const length = rest === undefined ? prefix.length : lengthOf(prefix.length, least, most)
  const elements = Array.from({ length: Math.min(length, most) }, (_, index) => prefix[index] ?? (rest as Type))
  const isClosed = rest === undefined || elements.length >= most
  return {
    op: 'tuple',
    elements,
    required: Math.min(least, elements.length),
    rest: isClosed ? undefined : rest,
  }
}

function isTuple(isLoose: boolean, isFixed: boolean, least: number, most: number): boolean {
  if (most === 0 || least > most) return false
  return isLoose ? isFixed : (least > 0 && least <= MAX_TUPLE) || most <= MAX_TUPLE
}

/** Returns the number of elements to write out: as many as are listed, required or allowed, as long as they are few. */
function lengthOf(prefix: number, least: number, most: number): number {
  const wanted = Math.max(prefix, least <= MAX_TUPLE ? least : 0)
  return most <= MAX_TUPLE ? Math.max(wanted, most) : wanted
}

function size(schema: Json, keyword: string): number | undefined {
  const value = own(schema, keyword)
  return typeof value === 'number' && value >= 0 ? Math.ceil(value) : undefined
}
