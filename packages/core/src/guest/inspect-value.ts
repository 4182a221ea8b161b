import { getOwnPropertyDescriptor, hasOwn, min, objectKeys, reflectApply } from '../protocol/intrinsics.ts'
import { classText, functionText, type Head, headOf, prefix, prefixed, showError, tagSuffix } from './inspect-head.ts'
import { errorKeys, extraKeys, isIndex, keysOf } from './inspect-keys.ts'
import {
  type Boxed,
  dateText,
  dateTime,
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
import { inColumns, layOut } from './inspect-layout.ts'
import { counted, isPrimitive, showKey, showPrimitive } from './inspect-primitive.ts'

/** Options and state of one call of `inspect`. */
export interface Inspection {
  readonly depth: number
  readonly breakLength: number
  readonly compact: number
  readonly maxArrayLength: number
  readonly maxStringLength: number
  readonly showHidden: boolean
  readonly sorted: boolean | ((left: string, right: string) => number)
  readonly customInspect: boolean
  /** Options that custom inspectors receive. */
  readonly options: object
  readonly inspect: (value: unknown, options?: object) => string
  /** Objects that contain the value being shown, the outermost first. */
  readonly seen: object[]
  /** Numbers of the objects that contain themselves. */
  readonly circular: Map<object, number>
  /** Nesting level of the last object shown. */
  reached: number
  /** Remaining number of characters. */
  left: number
}

/** Text of an object, except for its properties. */
interface Shape {
  readonly base?: string
  readonly open: string
  readonly close?: string
  /** Keys of the properties shown after the contents. */
  readonly keys: readonly PropertyKey[]
  /** Writes the contents other than properties. */
  readonly contents?: (add: (entry: string) => boolean, indent: number) => void
  /** Elements, if the object is a list. */
  readonly list?: ArrayLike<unknown>
  /** Complete text, if the object has no contents. */
  readonly bare?: string | undefined
}

const CUSTOM = Symbol.for('nodejs.util.inspect.custom')
const UNREADABLE = '[Unreadable]'
const CUT = '… '

/** Shows a value that begins at a column. Never throws, even if getters or proxy traps of the value do. */
export function show(of: Inspection, value: unknown, indent: number): string {
  if (isPrimitive(value)) return spend(of, showPrimitive(value, of, indent), indent)
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

/** Whether the object is the prototype of its class. A custom inspector applies only to instances. */
function isPrototype(value: object): boolean {
  const maker: unknown = value.constructor
  return typeof maker === 'function' && maker.prototype === value
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
    text =
      property.get || property.set ? spend(of, showAccessor(property), indent) : show(of, property.value, indent + 2)
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

function shapeOf(of: Inspection, value: object, head: Head, indent: number): Shape {
  const { kind } = head
  switch (kind) {
    case 'Array':
      return arrayShape(of, value as unknown[], head)
    case 'TypedArray':
      return typedArrayShape(of, value as Uint8Array, head)
    case 'Function':
      return basedShape(
        isClass(value) ? classText(value, head) : functionText(value, head),
        keysOf(value, of.showHidden),
      )
    case 'Error':
      return basedShape(showError(value as Error, head, indent), errorKeys(value as Error, of.showHidden))
    case 'Date':
      return basedShape(
        prefixed(head, Number.isNaN(dateTime(value)) ? 'Invalid Date' : dateText(value)),
        keysOf(value, of.showHidden),
      )
    case 'RegExp':
      return basedShape(prefixed(head, regExpText(value)), keysOf(value, of.showHidden))
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

function basedShape(base: string, keys: readonly PropertyKey[]): Shape {
  return { base, open: '{', keys, bare: keys.length === 0 ? base : undefined }
}

function plainShape(of: Inspection, value: object, head: Head): Shape {
  const keys = keysOf(value, of.showHidden)
  const isPlain = head.name === 'Object' && head.tag === ''
  const open = head.kind === 'Arguments' ? '[Arguments] {' : isPlain ? '{' : `${prefix(head, 'Object')}{`
  return { open, keys, bare: keys.length === 0 ? `${open}}` : undefined }
}

function arrayShape(of: Inspection, list: readonly unknown[], head: Head): Shape {
  const { length } = list
  const keys = extraKeys(list, length, of.showHidden)
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
    // A hole can span four billion elements.
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
  const keys = extraKeys(list, length, false)
  const open = `${prefix(head, typedArrayName(list) as string, `(${length})`)}[`
  const contents = (add: (entry: string) => boolean) => {
    const shown = min(length, of.maxArrayLength)
    for (let index = 0; index < shown; index++) {
      if (!add(spend(of, showPrimitive(list[index]), 0))) return
    }
    if (shown < length) add(`... ${counted(length - shown, 'more item')}`)
  }
  return { open, close: ']', keys, contents, list, bare: length + keys.length === 0 ? `${open}]` : undefined }
}

function collectionShape(of: Inspection, value: object, head: Head): Shape {
  const keys = keysOf(value, of.showHidden)
  const { kind } = head
  if (kind === 'Map' || kind === 'Set') {
    const size = kind === 'Map' ? mapSize(value) : setSize(value)
    const open = `${prefix(head, kind, `(${size})`)}{`
    const contents = (add: (entry: string) => boolean, indent: number) => addItems(of, value, kind, size, indent, add)
    return { open, keys, contents, bare: size + keys.length === 0 ? `${open}}` : undefined }
  }
  // The remaining items of an iterator cannot be shown without consuming them.
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
    // The buffer was transferred.
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
  const all = keysOf(value, of.showHidden)
  const keys = kind === 'String' ? all.slice((inner as string).length) : all
  const type = name === kind ? kind : `${kind} (${name ?? 'null prototype'})`
  return basedShape(
    `[${type}: ${showPrimitive(inner, { breakLength: Infinity, maxStringLength: of.maxStringLength })}]${tagSuffix(name, tag)}`,
    keys,
  )
}
