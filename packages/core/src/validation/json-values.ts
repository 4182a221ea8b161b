import type { JsonSchema } from '../catalog/tool.ts'
import { bytesToBase64 } from '../protocol/codec/base64.ts'
import { isBox } from '../protocol/value-size.ts'
import { isRecord, type Json, own } from '../schema/json.ts'
import { References } from '../schema/references.ts'

/** A part of a value that JSON has nothing for, where the schema asks for JSON. */
export class NotJsonError extends Error {
  override readonly name = 'NotJsonError'
}

/** Schemas that may apply to one part of a value. More alternatives are taken for a schema that says nothing. */
const MAX_SCHEMAS = 64
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

/**
 * Makes JSON of what a program or a tool gave, where a schema asks for it: a Date becomes its ISO text where a string is
 * allowed, bytes become base64 where the schema says so. Parts that the schema says nothing about are left as they are.
 *
 * @returns the value itself where nothing is to be changed
 * @throws {@link NotJsonError} with the path of a part that cannot be JSON: a Map, an Error, an array with holes, …
 */
export function toJsonValue(schema: JsonSchema, value: unknown): unknown {
  return new JsonConversion(new References(schema)).convert([schema], value, '')
}

class JsonConversion {
  readonly #references: References

  constructor(references: References) {
    this.#references = references
  }

  convert(given: readonly unknown[], value: unknown, path: string): unknown {
    if (typeof value !== 'object' || value === null) return value
    const schemas = this.#expand(given)
    // Where a schema says nothing, all values that can cross the wall are valid.
    if (schemas.length === 0) return value
    if (Array.isArray(value)) return this.#array(schemas, value, path)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return this.#object(schemas, value as Json, path)
    return this.#exotic(schemas, value, path)
  }

  #array(schemas: readonly Json[], list: readonly unknown[], path: string): unknown {
    if (Object.keys(list).length !== list.length) throw new NotJsonError(describe(path, arrayFault(list)))
    const inner = (index: number): unknown[] =>
      schemas.flatMap((schema) => {
        const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : schema.items
        if (Array.isArray(prefix) && index < prefix.length) return [prefix[index]]
        return [Array.isArray(schema.items) ? schema.additionalItems : schema.items]
      })
    const converted = list.map((item, index) => this.convert(inner(index), item, `${path}[${index}]`))
    return converted.some((item, index) => item !== list[index]) ? converted : list
  }

  #object(schemas: readonly Json[], object: Json, path: string): unknown {
    let changed: [string, unknown][] | undefined
    for (const key of Object.keys(object)) {
      const inner = schemas.flatMap((schema) => {
        const properties = own(schema, 'properties')
        if (isRecord(properties) && Object.hasOwn(properties, key)) return [properties[key]]
        return [own(schema, 'additionalProperties'), ...patternSchemas(schema)]
      })
      const converted = this.convert(inner, object[key], keyPath(path, key))
      if (converted !== object[key]) {
        changed ??= []
        changed.push([key, converted])
      }
    }
    return changed === undefined ? object : Object.fromEntries([...Object.entries(object), ...changed])
  }

  #exotic(schemas: readonly Json[], value: object, path: string): unknown {
    const allows = (type: string): boolean =>
      schemas.some((schema) => schema.type === type || (Array.isArray(schema.type) && schema.type.includes(type)))
    if (value instanceof Date && allows('string')) {
      if (!Number.isNaN(value.getTime())) return value.toISOString()
    }
    if (isBytes(value) && schemas.some(asksForBase64)) return bytesToBase64(bytesOf(value))
    const kind = kindOf(value)
    if (kind === undefined) return value
    throw new NotJsonError(describe(path, `${kind}, and the schema asks for JSON`))
  }

  /** The schemas that say something about a value, behind references and alternatives. */
  #expand(given: readonly unknown[]): Json[] {
    const found = new Set<Json>()
    const pending = [...given]
    for (let schema = pending.pop(); pending.length > 0 || schema !== undefined; schema = pending.pop()) {
      if (!isRecord(schema) || found.has(schema)) continue
      found.add(schema)
      if (found.size > MAX_SCHEMAS) return []
      if (typeof schema.$ref === 'string') pending.push(this.#references.resolve(schema.$ref, schema, true)?.schema)
      for (const list of [schema.allOf, schema.anyOf, schema.oneOf]) if (Array.isArray(list)) pending.push(...list)
    }
    return [...found].filter((schema) => ASKS_FOR_JSON.some((keyword) => keyword in schema))
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

/** Undefined for an instance of a class, whose data is its JSON. */
function kindOf(value: object): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date'
  if (isBytes(value)) return 'bytes'
  if (value instanceof Error) return 'an Error'
  for (const Kind of [Map, Set, RegExp]) if (value instanceof Kind) return `a ${Kind.name}`
  return isBox(value) ? 'a boxed primitive' : undefined
}

function arrayFault(list: readonly unknown[]): string {
  const hole = list.findIndex((_, index) => !Object.hasOwn(list, index))
  return hole < 0 ? 'an array with other keys than its items' : `an array with a hole at ${hole}`
}

const describe = (path: string, fault: string): string =>
  path === '' ? `it is ${fault}` : `${path.replace(/^\./, '')} is ${fault}`

const keyPath = (path: string, key: string): string =>
  IDENTIFIER.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key.slice(0, 100))}]`
