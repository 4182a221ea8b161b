import {
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isArrayBufferView,
  objectToString,
  reflectApply,
} from '../protocol/intrinsics.ts'

/** Determines the kind of a value, by its internal slots where the language can test them. */

export type Boxed = 'Number' | 'String' | 'Boolean' | 'Symbol' | 'BigInt'
export type Kind =
  | Boxed
  | 'Array'
  | 'TypedArray'
  | 'Function'
  | 'Map'
  | 'Set'
  | 'Map Iterator'
  | 'Set Iterator'
  | 'Date'
  | 'RegExp'
  | 'Error'
  | 'ArrayBuffer'
  | 'SharedArrayBuffer'
  | 'DataView'
  | 'Promise'
  | 'WeakMap'
  | 'WeakSet'
  | 'Arguments'
  | 'Object'

/** Captures a built-in method or getter as a function that takes `this` first. It throws for values of another kind. */
function builtIn<Result>(prototype: object, key: PropertyKey, ...rest: unknown[]): (self: unknown) => Result {
  const property = getOwnPropertyDescriptor(prototype, key)
  const method = (property?.value ?? property?.get) as (...rest: unknown[]) => Result
  return (self) => reflectApply(method, self, rest)
}

const typedArray = getPrototypeOf(Uint8Array.prototype) as object

export const mapSize = builtIn<number>(Map.prototype, 'size')
export const mapEntries = builtIn<MapIterator<[unknown, unknown]>>(Map.prototype, 'entries')
export const setSize = builtIn<number>(Set.prototype, 'size')
export const setValues = builtIn<SetIterator<unknown>>(Set.prototype, 'values')
export const dateTime = builtIn<number>(Date.prototype, 'getTime')
export const dateText = builtIn<string>(Date.prototype, 'toISOString')
export const regExpText = builtIn<string>(RegExp.prototype, 'toString')
export const errorText = builtIn<string>(Error.prototype, 'toString')
const functionText = builtIn<string>(Function.prototype, 'toString')
export const typedArrayName = builtIn<string | undefined>(typedArray, Symbol.toStringTag)
export const typedArrayLength = builtIn<number>(typedArray, 'length')

interface Candidate {
  readonly kind: Kind
  /** Throws unless the value is of the kind. Undefined if there is no test without side effects. */
  readonly prove: ((value: unknown) => unknown) | undefined
}

/** Candidates by prototype, so that an object of no such kind needs no failed test. */
const candidates = new Map<object, Candidate>()
const candidate = (prototype: object, kind: Kind, prove?: (value: unknown) => unknown) =>
  candidates.set(prototype, { kind, prove })

candidate(Map.prototype, 'Map', mapSize)
candidate(Set.prototype, 'Set', setSize)
candidate(getPrototypeOf(new Map().keys()) as object, 'Map Iterator')
candidate(getPrototypeOf(new Set().keys()) as object, 'Set Iterator')
candidate(Date.prototype, 'Date', dateTime)
candidate(RegExp.prototype, 'RegExp', builtIn(RegExp.prototype, 'source'))
candidate(Error.prototype, 'Error')
candidate(Promise.prototype, 'Promise')
candidate(WeakMap.prototype, 'WeakMap', builtIn(WeakMap.prototype, 'has', {}))
candidate(WeakSet.prototype, 'WeakSet', builtIn(WeakSet.prototype, 'has', {}))
candidate(ArrayBuffer.prototype, 'ArrayBuffer', builtIn(ArrayBuffer.prototype, 'byteLength'))
if (typeof SharedArrayBuffer === 'function') {
  candidate(SharedArrayBuffer.prototype, 'SharedArrayBuffer', builtIn(SharedArrayBuffer.prototype, 'byteLength'))
}

export const unbox = {} as Record<Boxed, (self: unknown) => unknown>
for (const box of [Number, String, Boolean, Symbol, BigInt]) {
  const kind = box.name as Boxed
  unbox[kind] = builtIn(box.prototype, 'valueOf')
  candidate(box.prototype, kind, unbox[kind])
}

/** Maximum length of a prototype chain. A proxy may return a new prototype each time. */
const MAX_PROTOTYPES = 100

/** Returns the object and its prototypes, the nearest first. */
export function chainOf(value: object): object[] {
  const chain = [value]
  for (let next = getPrototypeOf(value); next !== null && chain.length < MAX_PROTOTYPES; ) {
    chain.push(next)
    next = getPrototypeOf(next)
  }
  return chain
}

export function kindOf(value: object, chain: readonly object[]): Kind {
  if (typeof value === 'function') return 'Function'
  if (isArray(value)) return 'Array'
  if (isArrayBufferView(value)) return typedArrayName(value) === undefined ? 'DataView' : 'TypedArray'
  for (let index = 1; index < chain.length; index++) {
    const found = candidates.get(chain[index] as object)
    if (found !== undefined) return isProven(found, value) ? found.kind : 'Object'
  }
  const text = objectToString(value)
  return text === '[object Error]' ? 'Error' : text === '[object Arguments]' ? 'Arguments' : 'Object'
}

function isProven({ prove }: Candidate, value: object): boolean {
  try {
    prove?.(value)
    return true
  } catch {
    return false
  }
}

const functionKinds: readonly (readonly [name: string, prototype: unknown])[] = [
  ['AsyncGeneratorFunction', getPrototypeOf(async function* () {})],
  ['GeneratorFunction', getPrototypeOf(function* () {})],
  ['AsyncFunction', getPrototypeOf(async () => {})],
]

/** Returns the kind of a function. Arrow functions and methods count as plain functions. */
export function functionKind(chain: readonly object[]): string {
  return functionKinds.find(([, prototype]) => chain.includes(prototype as object))?.[0] ?? 'Function'
}

const COMMENTS = /\/\/.*?\n|\/\*[\s\S]*?\*\//g
const CLASS_HEAD = /^class\b[^(]*?\{/

export function isClass(value: object): boolean {
  const text = functionText(value)
  return text.startsWith('class') && (CLASS_HEAD.test(text) || CLASS_HEAD.test(text.replace(COMMENTS, '')))
}

const globalNames = new Set(Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]\w+$/.test(name)))

/** Whether converting the object to a string would call a built-in method, which shows less than `inspect` does. */
export function hasBuiltInText(value: object, chain: readonly object[]): boolean {
  if (typeof (value as { [Symbol.toPrimitive]?: unknown })[Symbol.toPrimitive] === 'function') {
    const owner = chain.find((link) => hasOwn(link, Symbol.toPrimitive))
    if (owner !== Date.prototype) return false
  }
  if (typeof value.toString !== 'function') return true
  const owner = chain.find((link) => hasOwn(link, 'toString'))
  if (owner === undefined || owner === value) return false
  const maker: unknown = getOwnPropertyDescriptor(owner, 'constructor')?.value
  return typeof maker === 'function' && globalNames.has(maker.name)
}
