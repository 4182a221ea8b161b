import {
  defineProperty,
  getOwnPropertyDescriptor,
  reflectApply,
  trunc,
  weakMapGet,
  weakMapSet,
} from '../protocol/intrinsics.ts'
import { clock } from './clock.ts'
import { define, defineLazy, loadLibrary, named } from './define.ts'
import type { Library } from './globals.ts'

/** Locale-dependent members, by holder. */
const LOCAL: readonly (readonly [holder: object, ...keys: string[]])[] = [
  [globalThis, 'Intl'],
  [Array.prototype, 'toLocaleString'],
  [Object.getPrototypeOf(Uint8Array.prototype), 'toLocaleString'],
  [BigInt.prototype, 'toLocaleString'],
  [Date.prototype, 'toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'],
  [Number.prototype, 'toLocaleString'],
  [String.prototype, 'localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase'],
]

const NO_LOCALES = '{"name":"RangeError","message":"This sandbox has no locales"}'

/** Members of `Intl.Locale` that only some versions of V8 have. */
const UNEVEN = [
  'calendars',
  'collations',
  'hourCycles',
  'numberingSystems',
  'textInfo',
  'timeZones',
  'variants',
  'weekInfo',
]

/**
 * Installs `Intl` and the locale-dependent methods: the engine's own, or the library `intl`, which is evaluated on first use.
 *
 * @param ask serves requests for an engine without `Intl`
 */
export function installLocales(library: Library, ask: (request: string) => string = () => NO_LOCALES): void {
  const now = () => trunc(clock.now)
  const { Intl: own } = globalThis as { Intl?: typeof Intl }
  if (own !== undefined) return patchIntl(own, now)
  const load = () => {
    const install = loadLibrary(library('intl'), []) as (given: typeof ask, time: typeof now) => void
    install(ask, now)
  }
  for (const [holder, ...keys] of LOCAL) {
    for (const key of keys) {
      defineLazy(holder, key, () => {
        load()
        return getOwnPropertyDescriptor(holder, key)?.value
      })
    }
  }
}

/** Makes V8's formatters use the guest's clock when they are called without a date. */
function patchIntl(own: typeof Intl, now: () => number): void {
  delete (own as { v8BreakIterator?: unknown }).v8BreakIterator
  for (const key of UNEVEN) delete (own.Locale.prototype as unknown as Record<string, unknown>)[key]
  const { prototype } = own.DateTimeFormat
  const { formatToParts } = prototype
  const { get: getFormat } = getOwnPropertyDescriptor(prototype, 'format') as { get: () => (date: unknown) => string }
  const patched = new WeakMap<object, unknown>()
  const methods = {
    formatToParts(this: unknown, date?: unknown): unknown {
      return reflectApply(formatToParts, this, [date === undefined ? now() : date])
    },
    get format(): unknown {
      const format = reflectApply(getFormat, this, [])
      let bound = weakMapGet(patched, format)
      if (bound === undefined) {
        bound = named('', (date?: unknown) => format(date === undefined ? now() : date), 1)
        weakMapSet(patched, format, bound)
      }
      return bound
    },
  }
  define(prototype, 'formatToParts', named('formatToParts', methods.formatToParts, 1))
  const { get } = getOwnPropertyDescriptor(methods, 'format') as PropertyDescriptor
  defineProperty(prototype, 'format', { __proto__: null, get, configurable: true } as PropertyDescriptor)
}
