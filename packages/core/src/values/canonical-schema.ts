import { isRecord } from './json.ts'

/** Keywords that only describe a value. */
const DESCRIBING = new Set([
  'title',
  'description',
  '$comment',
  'examples',
  'example',
  'deprecated',
  '$schema',
  '$id',
  'id',
])
/** Keywords whose values are schemas by name. */
const BY_NAME = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])
/** Keywords whose values are lists without an order. */
const UNORDERED = new Set(['required', 'enum', 'type'])
/** Keywords whose values are data. */
const DATA = new Set(['default', 'const'])
/** Maximum depth that is compared, and maximum number of parts. A schema object may contain itself, or share its parts. */
const MAX_DEPTH = 64
const MAX_PARTS = 200_000

/** Returns a text that is the same for schemas that differ only in the order of their parts, and in descriptions. */
export const canonicalSchema = (schema: unknown): string => new Writer().schema(schema, 0)

class Writer {
  #left = MAX_PARTS

  schema(schema: unknown, depth: number): string {
    return this.#write(schema, depth, (keyword, value) => {
      if (DESCRIBING.has(keyword)) return undefined
      if (DATA.has(keyword)) return this.#data(value, depth + 1)
      if (UNORDERED.has(keyword) && Array.isArray(value)) {
        const texts = value.map((each) => this.#data(each, depth + 1))
        return `[${texts.sort().join()}]`
      }
      if (!BY_NAME.has(keyword)) return this.schema(value, depth + 1)
      return this.#write(value, depth + 1, (_, each) => this.schema(each, depth + 2))
    })
  }

  #data(value: unknown, depth: number): string {
    return this.#write(value, depth, (_, each) => this.#data(each, depth + 1))
  }

  /** @param member writes a member of an object or a list. A member without a text is left out */
  #write(value: unknown, depth: number, member: (key: string, value: unknown) => string | undefined): string {
    if (--this.#left < 0 || depth > MAX_DEPTH) return '…'
    if (Array.isArray(value)) return `[${value.map((each) => member('', each)).join()}]`
    if (!isRecord(value)) return textOf(value)
    const members = Object.keys(value)
      .sort()
      .flatMap((key) => {
        const text = value[key] === undefined ? undefined : member(key, value[key])
        return text === undefined ? [] : `${textOf(key)}:${text}`
      })
    return `{${members.join()}}`
  }
}

const textOf = (value: unknown): string =>
  typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
