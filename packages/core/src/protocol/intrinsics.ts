/**
 * Built-ins that the codec and the guest runtime use, captured when this module is evaluated. In a guest, that is
 * before the program runs, so a program that overwrites `JSON.stringify` or `Map.prototype.get` changes nothing here.
 * Code that uses them also avoids `for…of`, spreads and array destructuring, which look up an iterator on a prototype
 * each time. The technique is that of Node's `primordials`.
 */

type Method<Self, Arguments extends readonly unknown[], Result> = (this: Self, ...rest: Arguments) => Result
type Uncurried<Self, Arguments extends readonly unknown[], Result> = (self: Self, ...rest: Arguments) => Result

const { bind, call } = Function.prototype

/** Converts a method to a function that takes `this` first and looks up no property when it is called. */
const uncurryThis: <Self, Arguments extends readonly unknown[], Result>(
  method: Method<Self, Arguments, Result>,
) => Uncurried<Self, Arguments, Result> = bind.bind(call) as never

export const {
  apply: reflectApply,
  construct: reflectConstruct,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  ownKeys,
  setPrototypeOf,
} = Reflect

export const { stringify: jsonStringify, parse: jsonParse } = JSON
export const { isArray } = Array
export const { keys: objectKeys, create: objectCreate, freeze } = Object
export const { isFinite: isFiniteNumber, NaN: notANumber, POSITIVE_INFINITY: infinity } = Number
export const { min, trunc } = Math
export const { isView: isArrayBufferView } = ArrayBuffer
export const { fromCharCode } = String

export const OriginalMap = Map
export const OriginalSet = Set
export const OriginalPromise = Promise
export const OriginalDate = Date
export const OriginalError = Error
export const OriginalRegExp = RegExp
export const OriginalProxy = Proxy
export const OriginalString = String
export const OriginalNumber = Number
export const OriginalBigInt = BigInt
export const OriginalObject = Object
export const OriginalUint8Array = Uint8Array

export const objectPrototype = Object.prototype
export const hasOwn = uncurryThis(Object.prototype.hasOwnProperty) as (self: object, key: PropertyKey) => boolean
export const objectToString = uncurryThis(Object.prototype.toString) as (self: unknown) => string

export const charCodeAt = uncurryThis(String.prototype.charCodeAt)
export const stringSlice = uncurryThis(String.prototype.slice)
export const stringTrim = uncurryThis(String.prototype.trim)
export const stringIndexOf = uncurryThis(String.prototype.indexOf)
export const bigIntToString = uncurryThis(BigInt.prototype.toString)

const regExpExec = uncurryThis(RegExp.prototype.exec)
/** Tests a text. `RegExp.prototype.test` looks up `exec` on the prototype, where a program may have replaced it. */
export const regExpTest = (expression: RegExp, text: string): boolean => regExpExec(expression, text) !== null

export const mapGet = uncurryThis(Map.prototype.get) as <K, V>(map: Map<K, V>, key: K) => V | undefined
export const mapSet = uncurryThis(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => Map<K, V>
export const mapDelete = uncurryThis(Map.prototype.delete) as <K>(map: Map<K, unknown>, key: K) => boolean
export const mapForEach = uncurryThis(Map.prototype.forEach) as <K, V>(
  map: Map<K, V>,
  visit: (value: V, key: K) => void,
) => void
export const setAdd = uncurryThis(Set.prototype.add) as <T>(set: Set<T>, value: T) => Set<T>
export const setHas = uncurryThis(Set.prototype.has) as <T>(set: Set<T>, value: T) => boolean
export const setForEach = uncurryThis(Set.prototype.forEach) as <T>(set: Set<T>, visit: (value: T) => void) => void
export const weakMapGet = uncurryThis(WeakMap.prototype.get) as <V>(
  map: WeakMap<object, V>,
  key: object,
) => V | undefined
export const weakMapSet = uncurryThis(WeakMap.prototype.set) as <V>(
  map: WeakMap<object, V>,
  key: object,
  value: V,
) => unknown
export const dateGetTime = uncurryThis(Date.prototype.getTime)
export const numberValueOf = uncurryThis(Number.prototype.valueOf)
export const stringValueOf = uncurryThis(String.prototype.valueOf)
export const booleanValueOf = uncurryThis(Boolean.prototype.valueOf)
export const bigIntValueOf = uncurryThis(BigInt.prototype.valueOf)

const getter = <Self, Result>(prototype: object, key: PropertyKey): ((self: Self) => Result) =>
  uncurryThis(getOwnPropertyDescriptor(prototype, key)?.get as Method<Self, [], Result>)

const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as object
export const mapSize = getter<unknown, number>(Map.prototype, 'size')
export const setSize = getter<unknown, number>(Set.prototype, 'size')
export const regExpSource = getter<unknown, string>(RegExp.prototype, 'source')
export const regExpFlags = getter<unknown, string>(RegExp.prototype, 'flags')
export const arrayBufferByteLength = getter<unknown, number>(ArrayBuffer.prototype, 'byteLength')
const detached = getOwnPropertyDescriptor(ArrayBuffer.prototype, 'detached')?.get
/** Whether a buffer is detached. Always false on Node 20, which does not report it. */
export const arrayBufferDetached: (buffer: unknown) => boolean =
  detached === undefined ? () => false : uncurryThis(detached as Method<unknown, [], boolean>)
export const dataViewBuffer = getter<unknown, ArrayBuffer>(DataView.prototype, 'buffer')
export const dataViewByteOffset = getter<unknown, number>(DataView.prototype, 'byteOffset')
export const dataViewByteLength = getter<unknown, number>(DataView.prototype, 'byteLength')
export const typedArrayBuffer = getter<unknown, ArrayBuffer>(typedArrayPrototype, 'buffer')
export const typedArrayByteOffset = getter<unknown, number>(typedArrayPrototype, 'byteOffset')
export const typedArrayByteLength = getter<unknown, number>(typedArrayPrototype, 'byteLength')
export const typedArrayName = getter<unknown, string | undefined>(typedArrayPrototype, Symbol.toStringTag)

export const viewConstructors: Record<string, (new (buffer: ArrayBuffer) => object) | undefined> = {
  __proto__: null,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
} as never

export const errorConstructors: Record<string, ErrorConstructor | undefined> = {
  __proto__: null,
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
} as never
