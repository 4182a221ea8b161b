import {
  SHAPE_KINDS,
  type Shape,
  type ShapeKind,
  type ShapeParts,
  TABLE_FORMATS,
  type TableFormat,
} from '../contract/shape-store.ts'
import { Budget } from '../schema/bounds.ts'
import { isRecord, type Json, own } from '../values/json.ts'

/** Maximum depth of a shape. Deeper values are `true`. */
export const MAX_SHAPE_DEPTH = 10
/** Maximum length of a row, in elements. */
export const MAX_ROW = 24
/** Maximum number of places in a shape that is parsed. */
const MAX_PLACES = 5_000
/** Maximum length of a header line that is kept, in characters. */
export const MAX_HEADER = 200

const KEYWORDS: readonly string[] = [
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'prefixItems',
  'contentMediaType',
  'title',
]

/**
 * Checks a shape from a file or a store.
 *
 * @throws `TypeError` for anything that is not a shape
 */
export function parseShape(value: unknown): Shape {
  return parse(value, 0, new Budget(MAX_PLACES))
}

function parse(value: unknown, depth: number, places: Budget): Shape {
  if (!places.tryTake(1)) throw invalid('it is too large')
  if (value === true) return true
  if (!isRecord(value) || depth > MAX_SHAPE_DEPTH) throw invalid('it must be `true` or an object of limited depth')
  const unknown = Object.keys(value).find((key) => !KEYWORDS.includes(key))
  if (unknown !== undefined) throw invalid(`it has the keyword ${JSON.stringify(unknown.slice(0, 40))}`)
  const [type, required, title] = [own(value, 'type'), own(value, 'required'), own(value, 'title')]
  if (!isListOf(type, (each) => SHAPE_KINDS.includes(each as ShapeKind)))
    throw invalid('`type` must be a list of kinds')
  const names = own(value, 'properties')
  if (required !== undefined && !isListOf(required, (each) => isRecord(names) && Object.hasOwn(names, String(each))))
    throw invalid('`required` must be a list of its properties')
  if (title !== undefined && !(typeof title === 'string' && title.length <= MAX_HEADER))
    throw invalid('`title` must be a short text')
  const format = own(value, 'contentMediaType')
  if (format !== undefined && !TABLE_FORMATS.includes(format as TableFormat))
    throw invalid(`\`contentMediaType\` must be one of ${TABLE_FORMATS.join(', ')}`)
  return { ...(value as unknown as ShapeParts), ...innerShapes(value, depth + 1, places) }
}

function innerShapes(value: Json, depth: number, places: Budget): Partial<ShapeParts> {
  const [properties, rows] = [own(value, 'properties'), own(value, 'prefixItems')]
  if (properties !== undefined && !isRecord(properties)) throw invalid('`properties` must be an object')
  if (rows !== undefined && !(Array.isArray(rows) && rows.length <= MAX_ROW))
    throw invalid(`\`prefixItems\` must be a list of at most ${MAX_ROW} columns`)
  const inner = (keyword: 'items' | 'additionalProperties') => {
    const shape = own(value, keyword)
    return shape === undefined ? {} : { [keyword]: parse(shape, depth, places) }
  }
  return {
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, each]) => [key, parse(each, depth, places)]),
      ),
    }),
    ...(rows !== undefined && { prefixItems: rows.map((each) => parse(each, depth, places)) }),
    ...inner('items'),
    ...inner('additionalProperties'),
  }
}

const isListOf = (value: unknown, isMember: (each: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isMember)

const invalid = (why: string) => new TypeError(why)
