import { decode, encode, NotSerializableError } from '../protocol/codec.ts'
import {
  defineProperty,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  jsonParse,
  OriginalBigInt,
  OriginalNumber,
  OriginalPromise,
  OriginalString,
  ownKeys,
  reflectApply,
  reflectConstruct,
  regExpTest,
  setHas,
  setPrototypeOf,
} from '../protocol/intrinsics.ts'
import { define, defineLazy, loadLibrary, named } from './define.ts'
import { DOMException, domException } from './dom-exception.ts'
import { AbortController, AbortSignal, CustomEvent, Event, EventTarget } from './events.ts'
import { fixIteratorHelpers } from './iterators.ts'
import { LIBRARIES } from './library-names.ts'
import { TextEncoder } from './text-encoder.ts'

/** Globals to keep: those of ECMAScript 2025 that are the same on every engine, and `Intl`. All others are removed. */
const KEPT = new Set<PropertyKey>(
  `AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError Float32Array
  Float64Array Function Infinity Int16Array Int32Array Int8Array Iterator JSON Map Math NaN Number Object Promise Proxy
  RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array
  Uint8Array Uint8ClampedArray WeakMap WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent escape globalThis
  Intl isFinite isNaN parseFloat parseInt undefined unescape`.split(/\s+/),
)

/**
 * Properties to remove from built-ins: those that only some engines have, and those that reveal garbage collection or
 * the engine itself. Resizable buffers take memory that V8 does not count.
 */
const REMOVED: readonly (readonly [holder: string, ...keys: string[]])[] = [
  ['Error', 'captureStackTrace', 'isError'],
  ['Iterator', 'concat', 'zip', 'zipKeyed'],
  ['JSON', 'rawJSON', 'isRawJSON'],
  ['Math', 'sumPrecise'],
  ['Set', 'groupBy'],
  ['Uint8Array', 'fromBase64', 'fromHex'],
]

const REMOVED_METHODS: readonly (readonly [prototype: object, ...keys: string[]])[] = [
  [getPrototypeOf(getPrototypeOf([].values()) as object) as object, 'includes', 'join'],
  [Uint8Array.prototype, 'toBase64', 'toHex', 'setFromBase64', 'setFromHex'],
  [Map.prototype, 'getOrInsert', 'getOrInsertComputed'],
  [WeakMap.prototype, 'getOrInsert', 'getOrInsertComputed'],
  [ArrayBuffer.prototype, 'resize', 'resizable', 'maxByteLength'],
  [Date.prototype, 'toTemporalInstant'],
  [Function.prototype, 'fileName', 'lineNumber', 'columnNumber'],
]

/** Matches the properties of the `RegExp` constructor that expose the last match, which may be one of the runtime. */
const LAST_MATCH = /^(?:\$.|input|last(?:Match|Paren)|(?:left|right)Context)$/

/** Maximum number of frames in a stack. It equals the host's maximum. */
const STACK_FRAMES = 20

/**
 * Fixes the two properties that V8 reads for every error: the maximum number of stack frames, and a function that
 * formats the frames and could access the functions of the runtime through them.
 */
function fixStackTraces(): void {
  const fixed = { __proto__: null, writable: false, enumerable: false, configurable: false }
  defineProperty(Error, 'stackTraceLimit', { ...fixed, value: STACK_FRAMES } as PropertyDescriptor)
  defineProperty(Error, 'prepareStackTrace', { ...fixed, value: undefined } as PropertyDescriptor)
}

/**
 * Makes `String.prototype.concat` read-only. QuickJS looks it up to evaluate a template literal, so a program that
 * replaced it could write the messages of the runtime. All engines get the same property.
 */
function fixTemplateLiterals(): void {
  defineProperty(String.prototype, 'concat', {
    __proto__: null,
    writable: false,
    configurable: false,
  } as PropertyDescriptor)
}

export function removeGlobals(): void {
  fixStackTraces()
  fixTemplateLiterals()
  const globals = globalThis as unknown as Record<string, Record<string, unknown> | undefined>
  for (const [holder, ...keys] of REMOVED) for (const key of keys) delete globals[holder]?.[key]
  for (const [prototype, ...keys] of REMOVED_METHODS) for (const key of keys) delete (prototype as never)[key]
  for (const key of ownKeys(RegExp)) if (regExpTest(LAST_MATCH, OriginalString(key))) delete (RegExp as never)[key]
  installDisposal()
  installFixedBuffers()
  mendBuiltIns()
  fixIteratorHelpers()
  for (const key of ownKeys(globalThis)) {
    if (!setHas(KEPT, key)) delete (globalThis as Record<PropertyKey, unknown>)[key]
  }
  // An engine may define names of its platform on the original prototype.
  setPrototypeOf(globalThis, Object.prototype)
}

/**
 * Defines the symbols of explicit resource management, which cannot be removed from V8, on every engine. Removes the
 * methods of iterators that use them.
 */
function installDisposal(): void {
  const { Iterator, Symbol } = globalThis as never as Record<'Iterator' | 'Symbol', Record<PropertyKey, unknown>>
  const asyncIterator = getPrototypeOf(getPrototypeOf(getPrototypeOf((async function* () {})()) as object) as object)
  for (const [name, prototype] of [
    ['dispose', Iterator.prototype],
    ['asyncDispose', asyncIterator],
  ] as const) {
    delete (prototype as Record<PropertyKey, unknown>)[(Symbol[name] ?? '') as PropertyKey]
    const symbol = Symbol[name] ?? (Symbol as unknown as SymbolConstructor)(`Symbol.${name}`)
    defineProperty(Symbol, name, { __proto__: null, value: symbol } as PropertyDescriptor)
  }
}

/** Maximum number of bits of a BigInt in QuickJS. */
const MAX_BIGINT_BITS = 1024 * 1024

/**
 * Fixes built-ins that deviate from the standard. In QuickJS, `BigInt.asUintN` does not truncate and `Math.acosh`
 * returns a number for arguments below 1. V8 passes more arguments to the reviver of `JSON.parse`.
 */
function mendBuiltIns(): void {
  const { asUintN } = BigInt
  if (asUintN(64, -1n) !== 18446744073709551615n) {
    define(BigInt, 'asUintN', (bits: number, value: bigint): bigint => {
      const number = OriginalBigInt(value)
      if (number >= 0n && bits > MAX_BIGINT_BITS) return number
      const modulus = 1n << OriginalBigInt(bits)
      const remainder = number % modulus
      return remainder < 0n ? remainder + modulus : remainder
    })
  }
  const { acosh } = Math
  if (acosh(-1234567) === acosh(-1234567)) {
    define(
      Math,
      'acosh',
      named('acosh', (value: unknown): number => {
        const number = OriginalNumber(value)
        return number < 1 ? Number.NaN : acosh(number)
      }),
    )
  }
  const { parse } = {
    parse(text: string, reviver?: unknown): unknown {
      if (typeof reviver !== 'function') return jsonParse(text)
      return jsonParse(text, function (this: unknown, key: string, value: unknown) {
        return reflectApply(reviver as (key: string, value: unknown) => unknown, this, [key, value])
      })
    },
  }
  define(JSON, 'parse', named('parse', parse, 2))
}

/** Replaces `ArrayBuffer` with a constructor that ignores its options, so that no buffer is resizable. */
function installFixedBuffers(): void {
  const Original = ArrayBuffer
  function FixedArrayBuffer(length: number): unknown {
    if (new.target === undefined) throw new TypeError("Constructor ArrayBuffer requires 'new'")
    return reflectConstruct(Original, [length], new.target)
  }
  for (const key of ownKeys(Original)) {
    if (key !== 'length')
      defineProperty(FixedArrayBuffer, key, getOwnPropertyDescriptor(Original, key) as PropertyDescriptor)
  }
  define(Original.prototype, 'constructor', FixedArrayBuffer)
  define(globalThis, 'ArrayBuffer', FixedArrayBuffer)
}

/** ES2025 built-ins, and `Array.fromAsync`, that some engines lack. The library `built-ins` provides them. */
const MISSING: readonly (readonly [holder: Record<string, unknown>, key: string])[] = [
  [Array as never, 'fromAsync'],
  [Promise as never, 'try'],
  [RegExp as never, 'escape'],
  [Math as never, 'f16round'],
  [DataView.prototype as never, 'getFloat16'],
  [DataView.prototype as never, 'setFloat16'],
]

/** Moves the contents of a buffer to a new one, which detaches the original. */
const { transfer } = ArrayBuffer.prototype as unknown as { transfer(): ArrayBuffer }

/** Returns the function that evaluates a library of the runtime and returns its exports. */
export type Library = (name: string) => () => unknown

/**
 * Installs the globals of the web platform, and the ES2025 built-ins that the engine lacks.
 *
 * @param report receives errors that callbacks of `queueMicrotask` throw
 */
export function installPlatform(library: Library, report: (error: unknown) => void): void {
  const classes = { DOMException, Event, CustomEvent, EventTarget, AbortController, AbortSignal, TextEncoder }
  for (const [name, value] of Object.entries(classes)) define(globalThis, name, value)

  define(globalThis, 'queueMicrotask', function queueMicrotask(callback: unknown): void {
    if (typeof callback !== 'function') throw new TypeError('The callback must be a function')
    runLater(callback as () => unknown, report)
  })
  const { structuredClone } = {
    structuredClone(value: unknown, options?: { readonly transfer?: Iterable<ArrayBuffer> }): unknown {
      try {
        const clone = decode(encode(value, { ownData: true }))
        for (const buffer of options?.transfer ?? []) reflectApply(transfer, buffer, [])
        return clone
      } catch (error) {
        throw error instanceof NotSerializableError ? domException(error.message, 'DataCloneError') : error
      }
    },
  }
  define(globalThis, 'structuredClone', named('structuredClone', structuredClone, 1))

  for (const [name, globals] of LIBRARIES) {
    for (const key of globals) {
      defineLazy(globalThis, key, () => {
        loadLibrary(library(name), globals)
        return getOwnPropertyDescriptor(globalThis, key)?.value
      })
    }
  }
  for (const [holder, key] of MISSING) {
    if (key in holder) continue
    defineLazy(holder, key, () => {
      for (const [each, name] of MISSING) if (getOwnPropertyDescriptor(each, name)?.get !== undefined) delete each[name]
      loadLibrary(library('built-ins'), [])
      return holder[key]
    })
  }
}

/**
 * Replaces `eval` and `import()` with functions that fail with an instruction, and defines `process.env`, `global` and
 * `self`. Other globals of Node and browsers remain undefined, so that programs can detect that they are missing.
 */
export function installRefusals(): void {
  const refuse = (name: string, why: string) =>
    new Error(`${name} is not available in the sandbox: ${why}; call a tool instead.`)
  define(
    globalThis,
    'eval',
    named('eval', (): never => {
      throw refuse('eval', 'it makes no code from strings')
    }),
  )
  define(globalThis, '__import__', () => OriginalPromise.reject(refuse('import()', 'it has no modules')))
  // Many programs read `process.env` and handle missing variables. It is empty here.
  define(globalThis, 'process', freeze({ env: freeze({}) }))
  for (const name of ['global', 'self']) define(globalThis, name, globalThis)
}

/** Replaces the function constructors with functions that throw. workerd does not support them, so no engine does. */
export function removeCodeFromStrings(): void {
  const samples = [() => {}, async () => {}, function* () {}, async function* () {}]
  for (const sample of samples) {
    const prototype = Object.getPrototypeOf(sample)
    const Original = prototype.constructor
    const Refusing = refusingConstructor(Original.name, prototype)
    define(prototype, 'constructor', Refusing)
    if (Original === Function) define(globalThis, 'Function', Refusing)
  }
}

function refusingConstructor(name: string, prototype: object): unknown {
  function Refusing(): never {
    throw new EvalError('Code generation from strings is not available in the sandbox: write the code out instead.')
  }
  Refusing.prototype = prototype
  define(Refusing, 'name', name)
  return Refusing
}

async function runLater(run: () => unknown, report: (error: unknown) => void): Promise<void> {
  await undefined
  try {
    run()
  } catch (error) {
    report(error)
  }
}
