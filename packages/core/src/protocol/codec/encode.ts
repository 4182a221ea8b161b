import {
  arrayBufferByteLength,
  arrayBufferDetached,
  bigIntToString,
  bigIntValueOf,
  booleanValueOf,
  dataViewBuffer,
  dataViewByteLength,
  dataViewByteOffset,
  dateGetTime,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isArrayBufferView,
  mapForEach,
  mapGet,
  mapSet,
  mapSize,
  numberValueOf,
  OriginalError,
  OriginalMap,
  OriginalString,
  OriginalUint8Array,
  objectKeys,
  objectPrototype,
  objectToString,
  reflectApply,
  regExpFlags,
  regExpSource,
  regExpTest,
  setForEach,
  setSize,
  stringValueOf,
  typedArrayBuffer,
  typedArrayByteLength,
  typedArrayByteOffset,
  typedArrayName,
  viewConstructors,
} from '../intrinsics.ts'
import { toJson } from '../json.ts'
import { bytesToBase64 } from './base64.ts'
import { MAX_ERRORS, MAX_NUMERIC_KEYS, MAX_REGEXP_LENGTH, NodeKind, type Slot, Special } from './graph.ts'
import { isPlainJson } from './plain.ts'

/** Thrown for a value that cannot be encoded. `path` is its position, as in `$.rows[3].save`; `what` describes it. */
export class NotSerializableError extends OriginalError {
  static {
    this.prototype.name = 'NotSerializableError'
  }
  readonly code = 'VALUE_NOT_SERIALIZABLE'
  readonly path: string
  readonly what: string
  constructor(path: string, what: string) {
    super(`${path} is ${what}, which cannot cross the sandbox wall`)
    this.path = path
    this.what = what
  }
}

export interface EncodeOptions {
  /**
   * Whether instances of classes are encoded by their own properties even if they have a `toJSON` method, as in
   * `structuredClone`. Default: false, which calls `toJSON`, as `JSON.stringify` does.
   */
  readonly ownData?: boolean
  /**
   * Called with the path of each function that is left out because it is a property of an instance of a class. Default:
   * such a function throws a {@link NotSerializableError}.
   */
  readonly onMethod?: (path: string) => void
  /** Called with each instance of a class. Returns the value that is encoded in its place. Default: the instance. */
  readonly replace?: (instance: object) => unknown
}

/**
 * Encodes a value as text.
 *
 * @throws {@link NotSerializableError} if a part of the value cannot be encoded
 */
export function encode(value: unknown, options: EncodeOptions = {}): string {
  return isPlainJson(value) ? `j${toJson(value)}` : `g${toJson(new GraphEncoder(options).encode(value))}`
}

const MAX_HOLES = 100_000

class GraphEncoder {
  readonly #ids = new OriginalMap<object, number>()
  readonly #replacements = new OriginalMap<object, unknown>()
  readonly #objects: object[] = []
  readonly #paths: string[] = []
  #numericKeys = 0
  #errors = 0
  #regExpLength = 0
  readonly #options: EncodeOptions

  constructor(options: EncodeOptions) {
    this.#options = options
  }

  encode(root: unknown): unknown[] {
    const nodes: unknown[] = [this.#slot(root, '$')]
    for (let index = 0; index < this.#objects.length; index++) {
      nodes[index + 1] = this.#node(this.#objects[index] as object, this.#paths[index] as string)
    }
    return nodes
  }

  #slot(value: unknown, path: string): Slot {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        if (value !== value) return [Special.nan]
        if (value - value !== 0) return [value > 0 ? Special.infinity : Special.negativeInfinity]
        return value === 0 && 1 / value < 0 ? [Special.negativeZero] : value
      case 'undefined':
        return [Special.undefined]
      case 'bigint':
        return [Special.bigInt, bigIntToString(value, 16)]
      case 'object':
        if (value === null) return null
        if (this.#options.ownData !== true && isOfClass(value)) {
          const { replace } = this.#options
          const replaced = replace === undefined ? value : this.#replaced(value, replace)
          if (replaced !== value) return this.#reference(replaced, path)
          const { toJSON } = value as { toJSON?: unknown }
          if (typeof toJSON === 'function') return this.#reference(reflectApply(toJSON as never, value, ['']), path)
        }
        return this.#reference(value, path)
      default:
        throw new NotSerializableError(
          path,
          typeof value === 'function' ? describeFunction(value) : `a ${typeof value}`,
        )
    }
  }

  /** Replaces an instance, the same one always by the same value. */
  #replaced(value: object, replace: (instance: object) => unknown): unknown {
    const known = mapGet(this.#replacements, value)
    if (known !== undefined) return known
    const replaced = replace(value)
    mapSet(this.#replacements, value, replaced)
    return replaced
  }

  /** @param value value whose `toJSON` has been called if it has to be */
  #reference(value: unknown, path: string): Slot {
    if (typeof value !== 'object' || value === null) return this.#slot(value, path)
    let id = mapGet(this.#ids, value)
    if (id === undefined) {
      id = this.#objects.length + 1
      mapSet(this.#ids, value, id)
      this.#objects[id - 1] = value
      this.#paths[id - 1] = path
    }
    return [id]
  }

  #node(value: object, path: string): unknown[] {
    try {
      if (isArray(value)) return this.#array(value, path)
      if (isArrayBufferView(value)) return this.#view(value, path)
      // Each branch ends in a captured brand check, which throws for an object with a forged tag.
      switch (objectToString(value)) {
        case '[object Object]':
          return this.#properties([NodeKind.object], value, this.#dataKeys(value, path), 0, path)
        case '[object Map]':
          return mapSize(value) >= 0 ? this.#map(value as Map<unknown, unknown>, path) : []
        case '[object Set]':
          return setSize(value) >= 0 ? this.#set(value as Set<unknown>, path) : []
        case '[object Date]': {
          const time = dateGetTime(value as Date)
          return [NodeKind.date, time === time ? time : null]
        }
        case '[object RegExp]':
          return this.#regExp(value, path)
        case '[object Error]':
          return this.#error(value as Error, path)
        case '[object ArrayBuffer]':
          this.#assertAttached(value, path)
          return [NodeKind.arrayBuffer, base64Of(value as ArrayBuffer, 0, arrayBufferByteLength(value))]
        case '[object Number]':
          return [NodeKind.boxed, this.#slot(numberValueOf(value as never), path)]
        case '[object String]':
          return [NodeKind.boxed, stringValueOf(value as never)]
        case '[object Boolean]':
          return [NodeKind.boxed, booleanValueOf(value as never)]
        case '[object BigInt]':
          return [NodeKind.boxed, this.#slot(bigIntValueOf(value as never), path)]
        case '[object Promise]':
          throw new NotSerializableError(path, 'a Promise (is an `await` missing?)')
      }
    } catch (error) {
      if (error instanceof TypeError && !(error instanceof NotSerializableError)) {
        throw new NotSerializableError(path, describeInstance(value))
      }
      throw error
    }
    throw new NotSerializableError(path, describeInstance(value))
  }

  #dataKeys(value: object, path: string): readonly string[] {
    const { onMethod } = this.#options
    const keys = objectKeys(value)
    if (onMethod === undefined || !isOfClass(value)) return keys
    const kept: string[] = []
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as string
      if (typeof getOwnPropertyDescriptor(value, key)?.value === 'function') onMethod(propertyPath(path, key))
      else kept[kept.length] = key
    }
    return kept
  }

  #properties(node: unknown[], value: object, keys: readonly string[], from: number, path: string): unknown[] {
    for (let index = from; index < keys.length; index++) {
      const key = keys[index] as string
      node[node.length] = key
      node[node.length] = this.#slot((value as Record<string, unknown>)[key], propertyPath(path, key))
    }
    return node
  }

  #array(value: readonly unknown[], path: string): unknown[] {
    const keys = objectKeys(value)
    // Holes are written one by one, so that the receiver's work is linear in the length of the text. Their number is
    // limited for that reason.
    if (value.length - keys.length > MAX_HOLES) {
      throw new NotSerializableError(path, `an array with ${value.length - keys.length} holes`)
    }
    const slots: Slot[] = []
    let elements = 0
    for (let index = 0; index < value.length; index++) {
      const present = hasOwn(value, index)
      if (present) elements++
      slots[index] = present ? this.#slot(value[index], `${path}[${index}]`) : [Special.hole]
    }
    return this.#properties([NodeKind.array, slots], value, keys, elements, path)
  }

  #map(value: Map<unknown, unknown>, path: string): unknown[] {
    const node: unknown[] = [NodeKind.map]
    mapForEach(value, (item, key) => {
      const at = `${path}.get(${typeof key === 'string' ? toJson(key) : '…'})`
      node[node.length] = this.#key(key, `${path}.keys()`, path)
      node[node.length] = this.#slot(item, at)
    })
    return node
  }

  #set(value: Set<unknown>, path: string): unknown[] {
    const node: unknown[] = [NodeKind.set]
    setForEach(value, (item) => {
      node[node.length] = this.#key(item, `${path}.values()`, path)
    })
    return node
  }

  #key(key: unknown, path: string, holder: string): Slot {
    const isNumeric = typeof key === 'number' || typeof key === 'bigint'
    if (isNumeric && ++this.#numericKeys > MAX_NUMERIC_KEYS) {
      throw new NotSerializableError(
        holder,
        `a Map or Set with more than ${MAX_NUMERIC_KEYS} numeric keys (an array can)`,
      )
    }
    return this.#slot(key, path)
  }

  #regExp(value: object, path: string): unknown[] {
    const source = regExpSource(value)
    this.#regExpLength += source.length
    if (this.#regExpLength > MAX_REGEXP_LENGTH) throw new NotSerializableError(path, 'a long regular expression')
    return [NodeKind.regExp, source, regExpFlags(value)]
  }

  #error(value: Error, path: string): unknown[] {
    if (++this.#errors > MAX_ERRORS) throw new NotSerializableError(path, `an error after ${MAX_ERRORS} others`)
    const node: unknown[] = [NodeKind.error, OriginalString(value.name), OriginalString(value.message)]
    const inside = ['cause', 'errors'] as const
    for (let index = 0; index < inside.length; index++) {
      const key = inside[index] as 'cause' | 'errors'
      const property = getOwnPropertyDescriptor(value, key)
      if (property === undefined || !('value' in property)) continue
      node[node.length] = key
      node[node.length] = this.#slot(property.value, `${path}.${key}`)
    }
    return node
  }

  /** Throws for a transferred buffer, because engines read different things from its memory. */
  #assertAttached(buffer: object, path: string): void {
    if (arrayBufferDetached(buffer)) throw new NotSerializableError(path, 'a buffer that was transferred')
  }

  #view(value: ArrayBufferView, path: string): unknown[] {
    const type = typedArrayName(value)
    const isTyped = type !== undefined
    const buffer = isTyped ? typedArrayBuffer(value) : dataViewBuffer(value)
    const offset = isTyped ? typedArrayByteOffset(value) : dataViewByteOffset(value)
    const length = isTyped ? typedArrayByteLength(value) : dataViewByteLength(value)
    const name = isTyped ? type : 'DataView'
    if (viewConstructors[name as string] === undefined) throw new NotSerializableError(path, `a ${name}`)
    // A view of a part of its buffer is encoded with that part only. The rest may be unrelated, as in Node's Buffers.
    if (objectToString(buffer) !== '[object ArrayBuffer]')
      throw new NotSerializableError(path, 'a view of shared memory')
    this.#assertAttached(buffer, path)
    if (length === arrayBufferByteLength(buffer)) return [NodeKind.view, name, this.#slot(buffer, path), 0, length]
    return [NodeKind.view, name, base64Of(buffer, offset, length), 0, length]
  }
}

function base64Of(buffer: ArrayBuffer, offset: number, length: number): string {
  return bytesToBase64(new OriginalUint8Array(buffer, offset, length))
}

/** Whether an object is an instance of a class. Built-in classes do not count: they have their own encoding. */
function isOfClass(value: object): boolean {
  const prototype = getPrototypeOf(value)
  if (prototype === null || prototype === objectPrototype) return false
  return !isArray(value) && objectToString(value) === '[object Object]'
}

const plainKey = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u

function propertyPath(path: string, key: string): string {
  return regExpTest(plainKey, key) ? `${path}.${key}` : `${path}[${toJson(key)}]`
}

function describeFunction(value: object): string {
  const name = getOwnPropertyDescriptor(value, 'name')?.value
  return typeof name === 'string' && name !== '' ? `the function ${name}` : 'a function'
}

function describeInstance(value: object): string {
  const prototype = getPrototypeOf(value)
  const constructor = prototype === null ? undefined : getOwnPropertyDescriptor(prototype, 'constructor')?.value
  const name = typeof constructor === 'function' ? getOwnPropertyDescriptor(constructor, 'name')?.value : undefined
  return typeof name === 'string' && name !== '' && name !== 'Object' ? `an instance of ${name}` : 'an exotic object'
}
