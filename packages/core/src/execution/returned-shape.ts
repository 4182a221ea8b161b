import type { Catalog } from '../catalog/catalog.ts'
import { ShapeBuilder } from '../learning/shape-builder.ts'
import { decode } from '../protocol/codec.ts'
import { isRecord } from '../values/json.ts'
import type { RunLog } from './run-log.ts'

/** Maximum number of property names that are shown. */
const MAX_KEYS = 12
/** Maximum length of an output that is decoded to describe it, in characters. */
const MAX_PAYLOAD = 1_000_000
/** Maximum number of lines of a program that are searched, and maximum length of one, in characters. */
const MAX_LINES = 2_000
const MAX_LINE = 500
/** Maximum number of tools whose outputs are described, and of outputs of one tool. */
const MAX_TOLD = 3

const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/gu
/** Matches a variable whose properties or elements are used. */
const USED =
  /(?<![\p{ID_Continue}$.])([\p{ID_Start}$_][\p{ID_Continue}$]*)\s?(?:\??\.|\[|\()|(?:\bof|\bin|\.\.\.)\s?([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu
/** Matches the call of a tool whose result is assigned. */
const AWAITED = /=\s{0,9}await\s{1,9}([\p{ID_Start}$_][\p{ID_Continue}$]*)\.([\p{ID_Start}$_][\p{ID_Continue}$]*)\s?\(/u
/** Matches the end of a declaration: a variable, or a pattern. */
const DECLARED = /\b(?:const|let|var)\s([^=;]+)$/u

/**
 * Says what tools returned whose results stand in variables of a line, so that a model sees the actual shape.
 *
 * @param line line of the program that failed
 */
export function returnedShapes(line: string, code: string, catalog: Catalog, log: RunLog): string | undefined {
  const used = new Set([...line.matchAll(USED)].map(([, before, after]) => before ?? after))
  const paths = new Set<string>()
  for (const each of code.split('\n', MAX_LINES)) {
    const call = each.length > MAX_LINE ? null : AWAITED.exec(each)
    if (call === null) continue
    const [, declared = ''] = DECLARED.exec(each.slice(0, call.index)) ?? []
    const path = catalog.find(`${call[1]}.${call[2]}`)?.path
    if (path !== undefined && declared.match(NAME)?.some((name) => used.has(name)) === true) paths.add(path)
  }
  const told = [...paths].slice(0, MAX_TOLD).flatMap((path) => {
    const shapes = returnedBy(path, catalog, log)
    return shapes.length === 0 ? [] : `${path} returned ${shapes.join(' and ')}.`
  })
  return told.length === 0 ? undefined : told.join(' ')
}

/** Describes the last outputs of a tool, each shape once. */
function returnedBy(path: string, catalog: Catalog, log: RunLog): string[] {
  const shapes = new Set<string>()
  for (const { made, settled } of log.calls.toReversed()) {
    const outcome = settled?.outcome
    if (outcome?.ok !== true || catalog.find(made.tool)?.path !== path) continue
    if (outcome.payload.length <= MAX_PAYLOAD) shapes.add(describe(decode(outcome.payload)))
    if (shapes.size === MAX_TOLD) break
  }
  return [...shapes]
}

/** Describes a value without its data: names of properties, and sizes of lists. */
function describe(value: unknown): string {
  if (Array.isArray(value)) {
    const [first] = value
    return value.length === 0
      ? 'an empty list'
      : `a list of ${value.length}, each ${isPlain(first) ? describeObject(first) : kindOf(first)}`
  }
  return isPlain(value) ? describeObject(value) : kindOf(value)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return `a text of ${value.length} characters, not an object`
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' ? `a ${value.constructor.name}` : `a ${typeof value}`
}

const isPlain = (value: unknown): value is object =>
  isRecord(value) && Object.getPrototypeOf(value) === Object.prototype

function describeObject(value: object): string {
  const entries = Object.entries(value)
  // Names that are data stay out of messages.
  if (hasNamesOfData(value)) return `an object with ${entries.length} entries by key`
  const shown = entries.slice(0, MAX_KEYS).map(([key, each]) => {
    const text = inner(each)
    return text === '' ? key : `${key}: ${text}`
  })
  if (entries.length > MAX_KEYS) shown.push('…')
  return shown.length === 0 ? '{}' : `{ ${shown.join(', ')} }`
}

function hasNamesOfData(value: object): boolean {
  const builder = new ShapeBuilder({ headers: false })
  builder.add(value)
  return builder.shape === true || builder.shape?.additionalProperties !== undefined
}

function inner(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[…${value.length}]`
  if (isRecord(value)) return '{…}'
  return value === null ? 'null' : ''
}
