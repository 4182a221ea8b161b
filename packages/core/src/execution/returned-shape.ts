import type { Catalog } from '../catalog/catalog.ts'
import { ShapeBuilder } from '../learning/shape-builder.ts'
import { decode } from '../protocol/codec.ts'
import { isRecord } from '../values/json.ts'
import type { RunLog } from './run-log.ts'

/** Maximum number of property names that are shown. */
const MAX_KEYS = 12
/** Maximum length of an output that is decoded to describe it, in characters. */
const MAX_PAYLOAD = 1_000_000
/** Maximum number of characters of a program that are searched. */
const MAX_CODE = 100_000

/** Maximum number of tools whose outputs are described. */
const MAX_TOLD = 3

const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/gu
/** Matches a variable whose properties or elements are used. */
const USED =
  /(?<![\p{ID_Continue}$.])([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*(?:\??\.|\[|\()|(?:\bof|\bin|\.\.\.)\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu
/** Matches a variable, or the names of a pattern, to which the result of a tool call is assigned. */
const ASSIGNED =
  /(?:^|[\s;{(,])(?:const|let|var)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*|[[{][^=;]{1,200}[\]}])(?:\s*:[^=;]{1,100})?\s*=\s*await\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*\.\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*\(/gu

/**
 * Says what tools returned whose results stand in variables of a line, so that a model sees the actual shape.
 *
 * @param line line of the program that failed
 */
export function returnedShapes(line: string, code: string, catalog: Catalog, log: RunLog): string | undefined {
  const used = new Set([...line.matchAll(USED)].map(([, before, after]) => before ?? after))
  const paths = new Set<string>()
  for (const [, assigned = '', namespace, name] of code.slice(0, MAX_CODE).matchAll(ASSIGNED)) {
    const path = catalog.find(`${namespace}.${name}`)?.path
    if (path !== undefined && assigned.match(NAME)?.some((each) => used.has(each)) === true) paths.add(path)
  }
  const told = [...paths].slice(0, MAX_TOLD).flatMap((path) => {
    const shape = returnedBy(path, catalog, log)
    return shape === undefined ? [] : `${path} returned ${shape}.`
  })
  return told.length === 0 ? undefined : told.join(' ')
}

/** Describes the last output of a tool. */
function returnedBy(path: string, catalog: Catalog, log: RunLog): string | undefined {
  const last = log.calls.findLast(
    ({ made, settled }) => settled?.outcome.ok === true && catalog.find(made.tool)?.path === path,
  )
  const outcome = last?.settled?.outcome
  if (outcome?.ok !== true || outcome.payload.length > MAX_PAYLOAD) return undefined
  return describe(decode(outcome.payload))
}

/** Describes a value without its data: names of properties, and sizes of lists. */
function describe(value: unknown): string {
  if (Array.isArray(value)) {
    const [first] = value
    return value.length === 0
      ? 'an empty list'
      : `a list of ${value.length}: ${isRecord(first) ? describeObject(first) : inner(first)}`
  }
  if (isRecord(value)) return describeObject(value)
  if (typeof value === 'string') return `a text of ${value.length} characters, not an object`
  return value === undefined ? 'nothing' : value === null ? 'null' : `a ${typeof value}`
}

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
