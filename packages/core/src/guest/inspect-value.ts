import { getOwnPropertyDescriptor, hasOwn, isArray, min, objectKeys, reflectApply } from '../protocol/intrinsics.ts'
import { classText, functionText, type Head, headOf, isEnumerable, prefix, prefixed, showError, tagSuffix } from './inspect-head.ts'
import {
  type Boxed,
  dateText,
  dateTime,
  errorText,
  isClass,
  mapEntries,
  mapSize,
  regExpText,
  setSize,
  setValues,
  typedArrayLength,
  typedArrayName,
  unbox,
} from './inspect-kind.ts'
import { escapeText, inColumns, layOut, quote } from './inspect-layout.ts'

/** One call of `inspect`: what was asked for, and how far it has come. */
export interface Inspection {
  readonly depth: number
  readonly breakLength: number
  readonly compact: number
  readonly maxArrayLength: number
  readonly maxStringLength: number
  readonly showHidden: boolean
  readonly sorted: boolean | ((left: string, right: string) => number)
  readonly customInspect: boolean
  /** What custom inspectors are told and given. */
  readonly options: object
  readonly inspect: (value: unknown, options?: object) => string
  /** The objects that the value being shown is in, the outermost first. */
  readonly seen: object[]
  /** The numbers of the objects that contain themselves. */
  readonly circular: Map<object, number>
  /** How many objects the last one shown was in. */
  reached: number
  /** How many characters may still be written. */
  left: number
}

/** An object's text but for its properties. */
interface Shape {
  readonly base?: string
  readonly open: string
  readonly close?: string
  /** The properties shown after the contents. */
  readonly keys: readonly PropertyKey[]
  /** Writes what the object contains otherwise. */
  readonly contents?: (add: (entry: string) => boolean, indent: number) => void
  /** The elements, of a list. */
  readonly list?: ArrayLike<unknown>
  /** The whole text, where nothing is inside. */
  readonly bare?: string | undefined
}

const CUSTOM = Symbol.for('nodejs.util.inspect.custom')
const UNREADABLE = '[Unreadable]'
const CUT = '… '
/** Longer lists are not searched for further properties: that would make a string of each index. */
const MAX_SEARCHED = 50_000
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z_0-9]*$/
const INDEX = /^(?:0|[1-9]\d*)$/

/** Shows a value that begins at a column. Never throws, whatever traps the value is made of. */
export function show(of: Inspection, value: unknown, indent: number): string {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
    return spend(of, showPrimitive(of, value, indent), indent)
  }
  if (of.left <= 0) return CUT
  const level = of.seen.length
  try {
    const custom = of.customInspect ? showCustom(of, value, indent) : undefined
    return custom ?? showObject(of, value, indent)
  } catch {
    of.seen.length = level
    return spend(of, UNREADABLE, indent)
  }
}

function spend(of: Inspection, text: string, indent: number): string {
  of.left -= text.length + indent + 4
  return text
}

function showPrimitive(of: Inspection, value: unknown, indent: number): string {
  if (typeof value === 'string') return showString(of, value, indent)
  if (typeof value === 'bigint') return `${value}n`
  return Object.is(value, -0) ? '-0' : String(value)
}

function showString(of: Inspection, value: string, indent: number): string {
  const rest = value.length - of.maxStringLength
  const text = rest > 0 ? value.slice(0, of.maxStringLength) : value
  const more = rest > 0 ? `... ${counted(rest, 'more character')}` : ''
  if (text.length <= 16 || text.length <= of.breakLength - indent - 4) return quote(text) + more
  return text.split(/(?<=\n)/).map(quote).join(` +\n${' '.repeat(indent + 2)}`) + more
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

function showCustom(of: Inspection, value: object, indent: number): string | undefined {
  const custom = (value as Record<symbol, unknown>)[CUSTOM]
  if (typeof custom !== 'function' || custom === of.inspect || isPrototype(value)) return undefined
  let shown: unknown
  try {
    const stylize = (text: unknown) => `${text}`
    shown = reflectApply(custom, value, [of.depth - of.seen.length, { stylize, ...of.options }, of.inspect])
  } catch {
    return undefined
  }
  if (shown === value) return undefined
  if (typeof shown === 'object') return show(of, shown, indent)
  return spend(of, String(shown), indent).replaceAll('\n', `\n${' '.repeat(indent)}`)
}

/** A prototype inherits its class's inspector to no instance but itself. */
function isPrototype(value: object): boolean {
  const { constructor } = value
  return typeof constructor === 'function' && constructor.prototype === value
}

function showObject(of: Inspection, value: object, indent: number): string {
  const known = of.seen.indexOf(value)
  if (known !== -1) {
    if (!of.circular.has(value)) of.circular.set(value, of.circular.size + 1)
    return spend(of, `[Circular *${of.circular.get(value)}]`, indent)
  }
  const isCutOff = of.seen.length > of.depth
  const head = headOf(value, of.showHidden, isCutOff)
  const shape = shapeOf(of, value, head, indent)
  if (shape.bare !== undefined) return spend(of, shape.bare, indent)
  if (isCutOff) return spend(of, showCutOff(head, shape), indent)
  of.seen.push(value)
  const level = of.seen.length
  of.reached = level
  const entries = entriesOf(of, value, shape, indent)
  of.seen.pop()
  const room = { breakLength: of.breakLength, compact: of.compact, indent }
  const isLong = shape.list !== undefined && of.compact >= 1 && entries.length > 6
  const { list = [] } = shape
  const laid = isLong
    ? inColumns(entries, room, entries.length > of.maxArrayLength, () => isNumeric(list, entries.length))
    : entries
  const mark = of.circular.has(value) ? `<ref *${of.circular.get(value)}>` : ''
  const base = mark !== '' && shape.base ? `${mark} ${shape.base}` : mark || shape.base || ''
  const parts = { base, open: shape.open, close: shape.close ?? '}', entries: laid }
  of.left -= parts.open.length + indent
  return layOut(parts, room, of.reached - level, laid.length === entries.length)
}

function showCutOff(head: Head, { base }: Shape): string {
  if (head.kind === 'RegExp') return base as string
  if (head.name === null) return `[${head.kind === 'TypedArray' ? 'Object' : head.kind}: null prototype]`
  return `[${prefix(head, 'Object').slice(0, -1)}]`
}

function entriesOf(of: Inspection, value: object, shape: Shape, indent: number): readonly string[] {
  const entries: string[] = []
  const add = (entry: string) => {
    entries.push(entry)
    return of.left > 0
  }
  shape.contents?.(add, indent + 2)
  for (const key of shape.keys) {
    if (!add(of.left > 0 ? showProperty(of, value, key, indent, false) : CUT)) break
  }
  const { sorted } = of
  if (sorted !== false && shape.list === undefined) entries.sort(sorted === true ? undefined : sorted)
  if (of.left <= 0 && entries.at(-1) !== CUT) entries.push(CUT)
  return entries
}

function isNumeric(list: ArrayLike<unknown>, count: number): boolean {
  for (let index = 0; index < count; index++) {
    const type = typeof getOwnPropertyDescriptor(list, index)?.value
    if (type !== 'number' && type !== 'bigint') return false
  }
  return true
}

function showProperty(of: Inspection, owner: object, key: PropertyKey, indent: number, isElement: boolean): string {
  let text: string
  let isShown = true
  try {
    const property = getOwnPropertyDescriptor(owner, key) ?? {
      value: (owner as Record<PropertyKey, unknown>)[key],
      enumerable: true,
    }
    isShown = property.enumerable === true
    text = property.get || property.set ? spend(of, showAccessor(property), indent) : show(of, property.value, indent + 2)
  } catch {
    text = spend(of, UNREADABLE, indent)
  }
  if (isElement) return text
  const name = spend(of, showKey(key), 0)
  return `${isShown && key !== '__proto__' ? name : `[${name}]`}: ${text}`
}

function showAccessor({ get, set }: PropertyDescriptor): string {
  return get === undefined ? '[Setter]' : set === undefined ? '[Getter]' : '[Getter/Setter]'
}

function showKey(key: PropertyKey): string {
  if (typeof key === 'symbol') return escapeText(String(key))
  const name = String(key)
  return IDENTIFIER.test(name) && name !== '__proto__' ? name : quote(name)
}

function shapeOf(of: Inspection, value: object, head: Head, indent: number): Shape {
  const { kind } = head
  switch (kind) {
    case 'Array':
      return arrayShape(of, value as unknown[], head)
    case 'TypedArray':
      return typedArrayShape(of, value as Uint8Array, head)
    case 'Function':
      return basedShape(isClass(value) ? classText(value, head) : functionText(value, head), keysOf(of, value))
    case 'Error':
      return basedShape(showError(value as Error, head, indent), errorKeys(of, value as Error))
    case 'Date':
      return basedShape(prefixed(head, Number.isNaN(dateTime(value)) ? 'Invalid Date' : dateText(value)), keysOf(of, value))
    case 'RegExp':
      return basedShape(prefixed(head, regExpText(value)), keysOf(of, value))
    case 'Number':
    case 'String':
    case 'Boolean':
    case 'Symbol':
    case 'BigInt':
      return boxedShape(of, value, head, kind)
    case 'Object':
    case 'Arguments':
      return plainShape(of, value, head)
    default:
      return collectionShape(of, value, head)
  }
}

function keysOf(of: Inspection, value: object): PropertyKey[] {
  const { showHidden } = of
  const keys: PropertyKey[] = showHidden ? Object.getOwnPropertyNames(value) : objectKeys(value)
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (showHidden || isEnumerable(value, symbol)) keys.push(symbol)
  }
  return keys
}

function basedShape(base: string, keys: readonly PropertyKey[]): Shape {
  return { base, open: '{', keys, bare: keys.length === 0 ? base : undefined }
}

function plainShape(of: Inspection, value: object, head: Head): Shape {
  const keys = keysOf(of, value)
  const isPlain = head.name === 'Object' && head.tag === ''
  const open = head.kind === 'Arguments' ? '[Arguments] {' : isPlain ? '{' : `${prefix(head, 'Object')}{`
  return { open, keys, bare: keys.length === 0 ? `${open}}` : undefined }
}

/** The properties of a list beside its elements. Indices come first among the keys of any object. */
function extraKeys(of: Inspection, value: object, length: number): PropertyKey[] {
  // A list with holes at its ends may be wide and yet have few keys.
  if (length > MAX_SEARCHED && hasOwn(value, 0) && hasOwn(value, length - 1)) return []
  const keys = keysOf(of, value)
  return keys.slice(keys.findLastIndex(isIndex) + 1)
}

function isIndex(key: PropertyKey): boolean {
  return typeof key === 'string' && INDEX.test(key)
}

function arrayShape(of: Inspection, list: readonly unknown[], head: Head): Shape {
  const { length } = list
  const keys = extraKeys(of, list, length)
  const open = head.name === 'Array' && head.tag === '' ? '[' : `${prefix(head, 'Array', `(${length})`)}[`
  const contents = (add: (entry: string) => boolean, indent: number) => addElements(of, list, indent, add)
  return { open, close: ']', keys, contents, list, bare: length + keys.length === 0 ? `${open}]` : undefined }
}

function addElements(of: Inspection, list: readonly unknown[], indent: number, add: (entry: string) => boolean): void {
  const { length } = list
  let index = 0
  let indices: string[] | undefined
  let cursor = 0
  for (let count = 0; index < length && count < of.maxArrayLength; count++) {
    if (hasOwn(list, index)) {
      if (!add(showProperty(of, list, index++, indent - 2, true))) return
      continue
    }
    // A hole may be four billion elements wide.
    indices ??= objectKeys(list)
    while (cursor < indices.length && Number(indices[cursor]) < index) cursor++
    const next = indices[cursor]
    const end = next !== undefined && isIndex(next) ? Number(next) : length
    if (!add(`<${counted(end - index, 'empty item')}>`)) return
    index = end
  }
  if (index < length) add(`... ${counted(length - index, 'more item')}`)
}

function typedArrayShape(of: Inspection, list: Uint8Array, head: Head): Shape {
  const length = typedArrayLength(list)
  const keys = extraKeys({ ...of, showHidden: false }, list, length)
  const open = `${prefix(head, typedArrayName(list) as string, `(${length})`)}[`
  const contents = (add: (entry: string) => boolean) => {
    const shown = min(length, of.maxArrayLength)
    for (let index = 0; index < shown; index++) {
      if (!add(spend(of, showPrimitive(of, list[index], 0), 0))) return
    }
    if (shown < length) add(`... ${counted(length - shown, 'more item')}`)
  }
  return { open, close: ']', keys, contents, list, bare: length + keys.length === 0 ? `${open}]` : undefined }
}

function collectionShape(of: Inspection, value: object, head: Head): Shape {
  const keys = keysOf(of, value)
  const { kind } = head
  if (kind === 'Map' || kind === 'Set') {
    const size = kind === 'Map' ? mapSize(value) : setSize(value)
    const open = `${prefix(head, kind, `(${size})`)}{`
    const contents = (add: (entry: string) => boolean, indent: number) => addItems(of, value, kind, size, indent, add)
    return { open, keys, contents, bare: size + keys.length === 0 ? `${open}}` : undefined }
  }
  // What an iterator would still yield cannot be told without taking it.
  if (kind === 'Map Iterator' || kind === 'Set Iterator') return { open: `[${head.tag || kind}] {`, keys }
  const contents = (add: (entry: string) => boolean, indent: number) => {
    if (kind === 'ArrayBuffer' || kind === 'SharedArrayBuffer') addBytes(of, value as ArrayBuffer, add)
    else if (kind === 'DataView') addViewed(of, value as DataView, indent, add)
    else add(kind === 'Promise' ? '<pending>' : '<items unknown>')
  }
  return { open: `${prefix(head, kind)}{`, keys, contents }
}

function addItems(
  of: Inspection,
  value: object,
  kind: 'Map' | 'Set',
  size: number,
  indent: number,
  add: (entry: string) => boolean,
): void {
  let count = 0
  for (const item of kind === 'Map' ? mapEntries(value) : setValues(value)) {
    if (count++ >= of.maxArrayLength) break
    const text =
      kind === 'Set'
        ? show(of, item, indent)
        : `${show(of, (item as unknown[])[0], indent)} => ${show(of, (item as unknown[])[1], indent)}`
    if (!add(text)) return
  }
  if (size > of.maxArrayLength) add(`... ${counted(size - of.maxArrayLength, 'more item')}`)
}

function addBytes(of: Inspection, value: ArrayBuffer, add: (entry: string) => boolean): void {
  let bytes: Uint8Array | undefined
  try {
    bytes = new Uint8Array(value)
  } catch {
    // Its memory was transferred elsewhere.
  }
  if (bytes === undefined) add('(detached)')
  else {
    const shown = Array.from(bytes.subarray(0, of.maxArrayLength), (byte) => byte.toString(16).padStart(2, '0'))
    const rest = bytes.length - shown.length
    const more = rest > 0 ? ` ... ${counted(rest, 'more byte')}` : ''
    add(spend(of, `[Uint8Contents]: <${shown.join(' ')}${more}>`, 0))
  }
  add(`[byteLength]: ${value.byteLength}`)
}

function addViewed(of: Inspection, value: DataView, indent: number, add: (entry: string) => boolean): void {
  add(`[byteLength]: ${value.byteLength}`)
  add(`[byteOffset]: ${value.byteOffset}`)
  add(`[buffer]: ${show(of, value.buffer, indent)}`)
}

function boxedShape(of: Inspection, value: object, head: Head, kind: Boxed): Shape {
  const { name, tag } = head
  const inner = unbox[kind](value)
  const all = keysOf(of, value)
  const keys = kind === 'String' ? all.slice((inner as string).length) : all
  const type = name === kind ? kind : `${kind} (${name ?? 'null prototype'})`
  return basedShape(`[${type}: ${showPrimitive({ ...of, breakLength: Infinity }, inner, 0)}]${tagSuffix(name, tag)}`, keys)
}

function errorKeys(of: Inspection, value: Error): PropertyKey[] {
  const keys = keysOf(of, value).filter((key) => !isToldByError(value, key))
  if (hasOwn(value, 'cause') && !keys.includes('cause')) keys.push('cause')
  if (hasOwn(value, 'errors') && isArray((value as AggregateError).errors) && !keys.includes('errors')) keys.push('errors')
  return keys
}

function isToldByError(value: Error, key: PropertyKey): boolean {
  if (key === 'stack') return true
  if (key !== 'name' && key !== 'message') return false
  const told: unknown = value[key]
  return typeof told !== 'string' || errorText(value).includes(told)
}
