/**
 * `Intl` and all locale-dependent methods, for engines without ICU: thin classes around one synchronous function, which the
 * host implements with its own `Intl`.
 */
import { define, named } from '../define.ts'

/** Sends a request to the host and returns its reply, both as JSON. `intl-service.ts` is the host's half. */
type Ask = (request: string) => string

/** The internal state of a formatter. */
interface State {
  readonly service: string
  readonly locales: readonly string[]
  readonly options: object | null
  readonly resolved: Record<string, unknown>
  /** The bound function that the `format` or `compare` getter returns. */
  bound?: (...given: never) => unknown
}

const DIGITS = `minimumIntegerDigits minimumFractionDigits maximumFractionDigits minimumSignificantDigits
  maximumSignificantDigits roundingIncrement roundingMode roundingPriority trailingZeroDisplay`
const UNITS = 'years months weeks days hours minutes seconds milliseconds microseconds nanoseconds'
const names = (text: string): string[] => text.split(/\s+/)

/** Option names, by service. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  Collator: names('localeMatcher usage collation numeric caseFirst sensitivity ignorePunctuation'),
  DateTimeFormat: names(`localeMatcher calendar numberingSystem hour12 hourCycle timeZone weekday era year month day
    dayPeriod hour minute second fractionalSecondDigits timeZoneName formatMatcher dateStyle timeStyle`),
  DisplayNames: names('localeMatcher style type fallback languageDisplay'),
  DurationFormat: names(`localeMatcher numberingSystem style fractionalDigits ${UNITS}`).concat(
    names(UNITS).map((unit) => `${unit}Display`),
  ),
  ListFormat: names('localeMatcher type style'),
  Locale: names(`language script region variants calendar collation firstDayOfWeek hourCycle caseFirst numeric
    numberingSystem`),
  NumberFormat:
    names(`localeMatcher numberingSystem style currency currencyDisplay currencySign unit unitDisplay notation
    ${DIGITS} compactDisplay useGrouping signDisplay`),
  PluralRules: names(`localeMatcher type notation ${DIGITS}`),
  RelativeTimeFormat: names('localeMatcher numberingSystem style numeric'),
  Segmenter: names('localeMatcher granularity'),
}
/** Services that throw if their options are not an object. */
const STRICT = ['DisplayNames', 'DurationFormat', 'ListFormat', 'Segmenter']
/** Services that can be called without `new`. */
const CALLABLE = ['Collator', 'DateTimeFormat', 'NumberFormat']

const ERRORS: Readonly<Record<string, ErrorConstructor>> = { RangeError, TypeError }

/**
 * Installs `Intl` and the locale-dependent methods.
 *
 * @param now the guest's time, in milliseconds since the epoch
 */
export function install(ask: Ask, now: () => number): void {
  const call = (
    service: string,
    locales: readonly string[],
    options: object | null,
    method: string,
    ...given: unknown[]
  ): unknown => {
    const answer = JSON.parse(ask(JSON.stringify([service, locales, options, method, ...given.map(toWire)])))
    if (Array.isArray(answer)) return answer[0] ?? undefined
    const { name, message } = answer as { name: string; message: string }
    throw new (ERRORS[name] ?? Error)(message)
  }

  /** Language tags of `Intl.Locale` objects. */
  const tags = new WeakMap<object, string>()

  function parseLocales(locales: unknown): string[] {
    if (locales === undefined) return []
    if (typeof locales === 'string' || tags.has(locales as object)) return [parseTag(locales)]
    if (locales === null) throw new TypeError('Cannot convert undefined or null to object')
    return Array.from(Object(locales) as ArrayLike<unknown>, parseTag)
  }

  function parseTag(locale: unknown): string {
    if (typeof locale !== 'string' && (typeof locale !== 'object' || locale === null))
      throw new TypeError('Incorrect locale information provided')
    return tags.get(locale as object) ?? String(locale)
  }

  function parseOptions(service: string, given: unknown): Record<string, unknown> | null {
    if (given === undefined) return null
    if (given === null || (typeof given !== 'object' && STRICT.includes(service)))
      throw new TypeError('Cannot convert undefined or null to object')
    const read: Record<string, unknown> = {}
    for (const name of OPTIONS[service] as readonly string[]) {
      const value = (given as Record<string, unknown>)[name]
      if (value !== undefined) read[name] = parseOption(value)
    }
    return read
  }

  const states = new WeakMap<object, State>()

  function stateOf(receiver: unknown, service: string, method: string): State {
    const state = states.get(receiver as object)
    if (state?.service === service) return state
    throw new TypeError(
      `Method Intl.${service}.prototype.${method} called on incompatible receiver ${String(receiver)}`,
    )
  }

  const zoned = (service: string, options: Record<string, unknown> | null): Record<string, unknown> | null =>
    service === 'DateTimeFormat' ? { timeZone: 'UTC', ...options } : options

  function stateFor(service: string, locales: readonly string[], options: object | null): State {
    const resolved = call(service, locales, options, 'resolvedOptions') as Record<string, unknown>
    return { service, locales, options, resolved }
  }

  const callOf = ({ service, locales, options }: State, method: string, ...given: unknown[]): unknown =>
    call(service, locales, options, method, ...given)

  /** Defines a constructor. Each method converts its arguments before they are sent. */
  function defineService(
    service: string,
    { methods, getter, length = 0 }: { methods: Record<string, Read>; getter?: string; length?: number },
  ): void {
    function Service(this: unknown, locales?: unknown, options?: unknown): object {
      const target = new.target ?? (CALLABLE.includes(service) ? Service : undefined)
      if (target === undefined) throw new TypeError(`Constructor Intl.${service} requires 'new'`)
      const made = Reflect.construct(Object, [], target) as object
      states.set(made, stateFor(service, parseLocales(locales), zoned(service, parseOptions(service, options))))
      return made
    }
    named(service, Service, length)
    const { prototype } = Service
    for (const [method, read] of Object.entries(methods)) {
      if (method === getter) continue
      const { [method]: callable } = {
        [method](this: unknown, ...given: unknown[]): unknown {
          return callOf(stateOf(this, service, method), method, ...read(...given))
        },
      }
      define(prototype, method, named(method, callable as never, read.length))
    }
    if (getter !== undefined) defineBound(prototype, service, getter, methods[getter] as Read)
    define(
      prototype,
      'resolvedOptions',
      named('resolvedOptions', function resolvedOptions(this: unknown): object {
        return { ...stateOf(this, service, 'resolvedOptions').resolved }
      }),
    )
    sealService(service, Service as never)
    define(
      Service,
      'supportedLocalesOf',
      named(
        'supportedLocalesOf',
        function supportedLocalesOf(locales: unknown, options?: unknown): unknown {
          return call(service, parseLocales(locales), parseOptions(service, options), 'supportedLocalesOf')
        },
        1,
      ),
    )
  }

  /** Defines a getter that returns a method bound to its formatter. */
  function defineBound(prototype: object, service: string, method: string, read: Read): void {
    const get = function (this: unknown): unknown {
      const state = stateOf(this, service, method)
      state.bound ??= named('', (...given: unknown[]) => callOf(state, method, ...read(...given)), read.length)
      return state.bound
    }
    Object.defineProperty(prototype, method, { get: named(`get ${method}`, get), configurable: true })
  }

  const time = (date: unknown): number => (date === undefined ? now() : Number(date))
  const times: Read = (start, end) => {
    if (start === undefined || end === undefined) throw new TypeError('Invalid time value')
    return [Number(start), Number(end)]
  }
  const numbers: Read = (start, end) => {
    if (start === undefined || end === undefined) throw new TypeError('start or end is undefined')
    return [numeric(start), numeric(end)]
  }
  const services: Readonly<Record<string, Parameters<typeof defineService>[1]>> = {
    Collator: { methods: { compare: (left, right) => [String(left), String(right)] }, getter: 'compare' },
    DateTimeFormat: {
      methods: {
        format: (date) => [time(date)],
        formatToParts: (date) => [time(date)],
        formatRange: times,
        formatRangeToParts: times,
      },
      getter: 'format',
    },
    DisplayNames: { methods: { of: (code) => [String(code)] }, length: 2 },
    DurationFormat: { methods: { format: (duration) => [duration], formatToParts: (duration) => [duration] } },
    ListFormat: { methods: { format: (list) => [texts(list)], formatToParts: (list) => [texts(list)] } },
    NumberFormat: {
      methods: {
        format: (value) => [numeric(value)],
        formatToParts: (value) => [numeric(value)],
        formatRange: numbers,
        formatRangeToParts: numbers,
      },
      getter: 'format',
    },
    PluralRules: { methods: { select: (value) => [Number(value)], selectRange: numbers } },
    RelativeTimeFormat: {
      methods: {
        format: (value, unit) => [Number(value), String(unit)],
        formatToParts: (value, unit) => [Number(value), String(unit)],
      },
    },
    Segmenter: { methods: {} },
  }

  const intl = {} as Record<string, unknown>
  Object.defineProperty(intl, Symbol.toStringTag, { value: 'Intl', configurable: true })
  const sealService = (service: string, Service: { readonly prototype: object }): void => {
    Object.defineProperty(Service, 'prototype', { writable: false })
    Object.defineProperty(Service.prototype, Symbol.toStringTag, { value: `Intl.${service}`, configurable: true })
    define(intl, service, Service)
  }
  for (const service of call('Intl', [], null, 'services') as string[])
    defineService(service, services[service] as Parameters<typeof defineService>[1])
  const { Segmenter } = intl as { Segmenter: { readonly prototype: object } }
  defineSegments(Segmenter.prototype, (receiver, text) => {
    const state = stateOf(receiver, 'Segmenter', 'segment')
    return callOf(state, 'segment', text) as Segmented
  })
  sealService(
    'Locale',
    defineLocale(tags, parseTag, (tag, options) => {
      return call('Locale', [tag], parseOptions('Locale', options), 'describe') as Described
    }),
  )
  define(
    intl,
    'getCanonicalLocales',
    {
      getCanonicalLocales: (locales: unknown) => call('Intl', parseLocales(locales), null, 'getCanonicalLocales'),
    }.getCanonicalLocales,
  )
  define(
    intl,
    'supportedValuesOf',
    {
      supportedValuesOf: (key: unknown) => call('Intl', [String(key)], null, 'supportedValuesOf'),
    }.supportedValuesOf,
  )
  define(globalThis, 'Intl', intl)

  const formatNumber = (value: number | bigint, locales: unknown, options: unknown): unknown =>
    call('NumberFormat', parseLocales(locales), parseOptions('NumberFormat', options), 'format', value)
  const formatDate = (date: Date, locales: unknown, given: unknown, required: Parts, defaults: Parts): unknown => {
    const at = getTime.call(date)
    if (Number.isNaN(at)) return 'Invalid Date'
    const options = withDefaults(
      zoned('DateTimeFormat', parseOptions('DateTimeFormat', given)) ?? {},
      required,
      defaults,
    )
    const text = call('DateTimeFormat', parseLocales(locales), options, 'format', at)
    const unfit = required === 'date' ? 'timeStyle' : 'dateStyle'
    if (required !== 'any' && options[unfit] !== undefined) throw new TypeError(`Invalid option : ${unfit}`)
    return text
  }
  const changeCase = (method: 'toLocaleLowerCase' | 'toLocaleUpperCase', text: string, locales: unknown): unknown =>
    call('String', parseLocales(locales), null, method, text)
  const { getTime } = Date.prototype
  const valueOf = { number: Number.prototype.valueOf, bigint: BigInt.prototype.valueOf }

  replace(Number.prototype, 0, {
    toLocaleString(this: number, locales?: unknown, options?: unknown) {
      return formatNumber(valueOf.number.call(this), locales, options)
    },
  })
  replace(BigInt.prototype, 0, {
    toLocaleString(this: bigint, locales?: unknown, options?: unknown) {
      return formatNumber(valueOf.bigint.call(this), locales, options)
    },
  })
  replace(Date.prototype, 0, {
    toLocaleString(this: Date, locales?: unknown, options?: unknown) {
      return formatDate(this, locales, options, 'any', 'all')
    },
    toLocaleDateString(this: Date, locales?: unknown, options?: unknown) {
      return formatDate(this, locales, options, 'date', 'date')
    },
    toLocaleTimeString(this: Date, locales?: unknown, options?: unknown) {
      return formatDate(this, locales, options, 'time', 'time')
    },
  })
  replace(String.prototype, 1, {
    localeCompare(this: unknown, that: unknown, locales?: unknown, options?: unknown) {
      const left = textOf(this, 'localeCompare')
      return call('Collator', parseLocales(locales), parseOptions('Collator', options), 'compare', left, String(that))
    },
  })
  replace(String.prototype, 0, {
    toLocaleLowerCase(this: unknown, locales?: unknown) {
      return changeCase('toLocaleLowerCase', textOf(this, 'toLocaleLowerCase'), locales)
    },
    toLocaleUpperCase(this: unknown, locales?: unknown) {
      return changeCase('toLocaleUpperCase', textOf(this, 'toLocaleUpperCase'), locales)
    },
  })
  for (const prototype of [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)]) {
    replace(prototype, 0, {
      toLocaleString(this: ArrayLike<unknown>, locales?: unknown, options?: unknown) {
        return joinItems(this, locales, options)
      },
    })
  }
}

/** Converts the arguments of a method. */
type Read = (...given: unknown[]) => readonly unknown[]
type Parts = 'any' | 'all' | 'date' | 'time'

function parseOption(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    default:
      // Throws for a symbol, as the specification requires.
      return value === null ? null : `${value as string}`
  }
}

function toWire(value: unknown): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) }
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value
  return { number: Object.is(value, -0) ? '-0' : String(value) }
}

/** Converts a value to a number, BigInt or numeric string without loss of precision. */
function numeric(value: unknown): unknown {
  let primitive = value
  if (typeof value === 'object' && value !== null) {
    primitive = value.valueOf()
    if (typeof primitive === 'object') primitive = String(value)
  }
  return typeof primitive === 'bigint' || typeof primitive === 'string' ? primitive : Number(primitive)
}

function texts(list: unknown): string[] {
  if (list === undefined) return []
  return Array.from(list as Iterable<unknown>, (item) => {
    if (typeof item !== 'string') throw new TypeError(`Iterable yielded ${String(item)} which is not a string`)
    return item
  })
}

function textOf(receiver: unknown, method: string): string {
  if (receiver === undefined || receiver === null)
    throw new TypeError(`String.prototype.${method} called on null or undefined`)
  return String(receiver)
}

const DATE_PARTS = ['year', 'month', 'day']
const TIME_PARTS = ['hour', 'minute', 'second']

/** Adds the default date or time fields where the options request none (ECMA-402, ToDateTimeOptions). */
function withDefaults(options: Record<string, unknown>, required: Parts, defaults: Parts): Record<string, unknown> {
  const wanted = [
    ...(required === 'time' ? [] : ['weekday', ...DATE_PARTS]),
    ...(required === 'date' ? [] : ['dayPeriod', ...TIME_PARTS, 'fractionalSecondDigits']),
    'dateStyle',
    'timeStyle',
  ]
  if (wanted.some((name) => options[name] !== undefined)) return options
  const added = [...(defaults === 'time' ? [] : DATE_PARTS), ...(defaults === 'date' ? [] : TIME_PARTS)]
  return { ...options, ...Object.fromEntries(added.map((name) => [name, 'numeric'])) }
}

/** Arrays that are being joined; a cyclic reference becomes an empty string. */
const joining = new Set<object>()

function joinItems(given: ArrayLike<unknown>, locales: unknown, options: unknown): string {
  const list = Object(given) as ArrayLike<{ toLocaleString(...given: unknown[]): unknown } | null | undefined>
  if (joining.has(list)) return ''
  joining.add(list)
  try {
    return Array.from(list, (item) => (item == null ? '' : String(item.toLocaleString(locales, options)))).join(',')
  } finally {
    joining.delete(list)
  }
}

function replace(target: object, length: number, methods: Record<string, (...given: never) => unknown>): void {
  for (const [name, method] of Object.entries(methods)) define(target, name, named(name, method, length))
}

interface Segmented {
  readonly starts: readonly number[]
  readonly words?: readonly boolean[]
}

function defineSegments(prototype: object, segmentsOf: (receiver: unknown, text: string) => Segmented): void {
  class Segments {
    readonly #text: string
    readonly #segmented: Segmented

    constructor(text: string, segmented: Segmented) {
      this.#text = text
      this.#segmented = segmented
    }

    containing(index?: unknown): object | undefined {
      const at = Math.trunc(Number(index) || 0)
      if (at < 0 || at >= this.#text.length) return undefined
      return this.#segment(this.#segmented.starts.findLastIndex((start) => start <= at))
    }

    *[Symbol.iterator](): Generator<object> {
      for (const number of this.#segmented.starts.keys()) yield this.#segment(number)
    }

    #segment(number: number): object {
      const { starts, words } = this.#segmented
      const index = starts[number] as number
      const segment = { segment: this.#text.slice(index, starts[number + 1]), index, input: this.#text }
      return words === undefined ? segment : { ...segment, isWordLike: words[number] }
    }
  }
  Reflect.deleteProperty(Segments.prototype, 'constructor')
  define(
    prototype,
    'segment',
    named('segment', function segment(this: unknown, given: unknown): object {
      const text = String(given)
      return new Segments(text, segmentsOf(this, text))
    }),
  )
}

interface Described extends Record<string, unknown> {
  readonly tag: string
  readonly maximized: string
  readonly minimized: string
}

const LOCALE_PROPERTIES = names(`baseName calendar caseFirst collation firstDayOfWeek hourCycle language numberingSystem
  numeric region script`)
const LOCALE_LISTS = names(
  'getCalendars getCollations getHourCycles getNumberingSystems getTimeZones getTextInfo getWeekInfo',
)

function defineLocale(
  tags: WeakMap<object, string>,
  parseTag: (tag: unknown) => string,
  describe: (tag: string, options: unknown) => Described,
): { readonly prototype: object } {
  class Locale {
    readonly #described: Described

    constructor(tag: unknown, options?: unknown) {
      this.#described = describe(parseTag(tag), options)
      tags.set(this, this.#described.tag)
    }

    static read(locale: Locale, name: string): unknown {
      return locale.#described[name]
    }

    maximize(): Locale {
      return new Locale(this.#described.maximized)
    }

    minimize(): Locale {
      return new Locale(this.#described.minimized)
    }

    toString(): string {
      return this.#described.tag
    }
  }
  const { read } = Locale
  delete (Locale as Partial<typeof Locale>).read
  for (const name of LOCALE_PROPERTIES) {
    const get = function (this: Locale): unknown {
      return read(this, name)
    }
    Object.defineProperty(Locale.prototype, name, { get: named(`get ${name}`, get), configurable: true })
  }
  for (const name of LOCALE_LISTS) {
    const { [name]: method } = {
      [name](this: Locale): unknown {
        const value = read(this, name)
        return typeof value === 'object' ? structuredClone(value) : value
      },
    }
    define(Locale.prototype, name, method)
  }
  return named('Locale', Locale as never, 1) as never
}
