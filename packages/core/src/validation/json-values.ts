import { bytesToBase64 } from '../protocol/codec/base64.ts'
import { Budget, MAX_SCHEMA_WORK } from '../schema/bounds.ts'
import { References } from '../schema/references.ts'
import { isRecord, type Json, own } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import { isBox } from '../values/value-size.ts'

/** Thrown for a part of a value that JSON cannot express, although the schema asks for JSON. */
export class NotJsonError extends Error {
  override readonly name = 'NotJsonError'
}

/** Maximum number of schemas that apply to one part of a value. With more, the part is treated as having no schema. */
const MAX_SCHEMAS = 64
const MAX_STEP_LENGTH = 100
const MAX_PATH_LENGTH = 1_000
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/**
 * Converts a value from a program or a tool to JSON where a schema asks for it. A Date becomes its ISO text where a
 * string is allowed. Bytes become base64 where the schema requests it. Parts without a schema do not change.
 *
 * @returns the value itself if nothing changes
 * @throws `BudgetSpentError` for a schema with too many references
 * @throws {@link NotJsonError} with the path of a part that cannot be JSON: a Map, an Error, an array with holes, …
 */
export function toJsonValue(schema: JsonSchema, value: unknown): unknown {
  const conversion = new JsonConversion(new References(schema, new Budget(MAX_SCHEMA_WORK)))
  return conversion.convert(conversion.expand([schema]), value, undefined)
}

/**
 * Prepares a value for a validator: an empty object replaces each part that JSON cannot express. Otherwise, a validator
 * would visit every byte of a buffer, and every character of a boxed string, as a member of an object.
 *
 * @returns the value itself if it has no such part
 */
export function withoutExotics(value: unknown, known: Map<object, unknown> = new Map()): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (known.has(value)) return known.get(value)
  known.set(value, value)
  const seen = kindOf(value) !== undefined ? NO_MEMBERS : withoutExoticMembers(value, known)
  known.set(value, seen)
  return seen
}

const NO_MEMBERS = Object.freeze({})

function withoutExoticMembers(value: object, known: Map<object, unknown>): object {
  const changed = Object.entries(value).flatMap(([key, member]) => {
    const seen = withoutExotics(member, known)
    return seen === member ? [] : [[key, seen] as const]
  })
  if (changed.length === 0) return value
  if (!Array.isArray(value)) return Object.fromEntries([...Object.entries(value), ...changed])
  const list = [...value]
  for (const [key, seen] of changed) list[key as never] = seen as never
  return list
}

/** Position of a part, from the inside out. Its path is only formatted if the part is rejected. */
interface Place {
  readonly parent: Place | undefined
  readonly step: string | number
}

class JsonConversion {
  readonly #references: References

  constructor(references: References) {
    this.#references = references
  }

  /** @param schemas schemas from {@link expand} */
  convert(schemas: readonly Json[], value: unknown, place: Place | undefined): unknown {
    // Without a schema, all values that the codec supports are valid.
    if (typeof value !== 'object' || value === null || schemas.length === 0) return value
    if (Array.isArray(value)) return this.#array(schemas, value, place)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return this.#object(schemas, value as Json, place)
    return this.#exotic(schemas, value, place)
  }

  /** Follows references and alternatives. Returns the schemas that constrain a value. */
  expand(given: readonly unknown[]): readonly Json[] {
    const found = new Set<Json>()
    const pending = [...given]
    while (pending.length > 0) {
      const schema = pending.pop()
      if (!isRecord(schema) || found.has(schema)) continue
      found.add(schema)
      if (found.size > MAX_SCHEMAS) return []
      if (typeof schema.$ref === 'string') pending.push(this.#references.resolve(schema.$ref, schema, true)?.schema)
      for (const list of [schema.allOf, schema.anyOf, schema.oneOf]) if (Array.isArray(list)) pending.push(...list)
    }
    return [...found].filter((schema) => ASKS_FOR_JSON.some((keyword) => keyword in schema))
  }

  #array(schemas: readonly Json[], list: readonly unknown[], place: Place | undefined): unknown {
    if (Object.keys(list).length !== list.length) throw refusal(place, arrayFault(list))
    const prefixes = schemas.map(({ prefixItems, items }) => (Array.isArray(prefixItems) ? prefixItems : items))
    const prefixLength = Math.max(0, ...prefixes.map((prefix) => (Array.isArray(prefix) ? prefix.length : 0)))
    const rest = this.expand(
      schemas.map(({ items, additionalItems }) => (Array.isArray(items) ? additionalItems : items)),
    )
    const schemasAt = (index: number): readonly Json[] =>
      index >= prefixLength
        ? rest
        : [...rest, ...this.expand(prefixes.map((prefix) => (Array.isArray(prefix) ? prefix[index] : undefined)))]
    let converted: unknown[] | undefined
    for (const [index, item] of list.entries()) {
      const changed = this.convert(schemasAt(index), item, { parent: place, step: index })
      if (changed === item) continue
      converted ??= [...list]
      converted[index] = changed
    }
    return converted ?? list
  }

  #object(schemas: readonly Json[], object: Json, place: Place | undefined): unknown {
    let changed: [string, unknown][] | undefined
    let others: readonly Json[] | undefined
    for (const [key, member] of Object.entries(object)) {
      if (typeof member !== 'object' || member === null) continue
      const named = schemas.flatMap(({ properties }) =>
        isRecord(properties) && Object.hasOwn(properties, key) ? [properties[key]] : [],
      )
      others ??= this.expand(
        schemas.flatMap((schema) => [own(schema, 'additionalProperties'), ...patternSchemas(schema)]),
      )
      const converted = this.convert(named.length > 0 ? this.expand(named) : others, member, {
        parent: place,
        step: key,
      })
      if (converted === member) continue
      changed ??= []
      changed.push([key, converted])
    }
    return changed === undefined ? object : Object.fromEntries([...Object.entries(object), ...changed])
  }

  #exotic(schemas: readonly Json[], value: object, place: Place | undefined): unknown {
    const allows = (type: string): boolean =>
      schemas.some((schema) => schema.type === type || (Array.isArray(schema.type) && schema.type.includes(type)))
    if (value instanceof Date && allows('string')) {
      if (!Number.isNaN(value.getTime())) return value.toISOString()
    }
    if (isBytes(value) && schemas.some(asksForBase64)) return bytesToBase64(bytesOf(value))
    const kind = kindOf(value)
    if (kind === undefined) return value
    throw refusal(place, `${kind}, and the schema asks for JSON`)
  }
}

const ASKS_FOR_JSON = [
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'items',
  'prefixItems',
  'pattern',
  'minLength',
]

const asksForBase64 = ({ contentEncoding, format }: Json): boolean => contentEncoding === 'base64' || format === 'byte'

const isBytes = (value: object): value is ArrayBuffer | ArrayBufferView =>
  value instanceof ArrayBuffer || ArrayBuffer.isView(value)

const bytesOf = (value: ArrayBuffer | ArrayBufferView): Uint8Array =>
  value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)

function patternSchemas(schema: Json): unknown[] {
  const patterns = own(schema, 'patternProperties')
  return isRecord(patterns) ? Object.values(patterns) : []
}

/** Describes a value that JSON cannot express. Returns undefined for an instance of a class, whose data is its JSON. */
function kindOf(value: object): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date'
  if (isBytes(value)) return 'bytes'
  if (value instanceof Error) return 'an Error'
  for (const Kind of [Map, Set, RegExp]) if (value instanceof Kind) return `a ${Kind.name}`
  return isBox(value) ? 'a boxed primitive' : undefined
}

function arrayFault(list: readonly unknown[]): string {
  // Iterates over the keys, because the length may be any number.
  const hole = Object.keys(list).findIndex((key, index) => key !== String(index))
  const at = hole < 0 ? Object.keys(list).length : hole
  return at < list.length ? `an array with a hole at ${at}` : 'an array with keys other than its indices'
}

function refusal(place: Place | undefined, fault: string): NotJsonError {
  let path = ''
  for (let at = place; at !== undefined && path.length < MAX_PATH_LENGTH; at = at.parent)
    path = stepText(at.step) + path
  return new NotJsonError(path === '' ? `it is ${fault}` : `${path.replace(/^\./, '')} is ${fault}`)
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`
  const told = step.slice(0, MAX_STEP_LENGTH)
  return IDENTIFIER.test(told) ? `.${told}` : `[${JSON.stringify(told)}]`
}
