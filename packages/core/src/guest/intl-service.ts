/** The host's half of `Intl` for engines without one. `libraries/intl.ts` is the guest's half. */

/** Methods that a guest may call, by service. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  __proto__: null as never,
  Collator: ['compare'],
  DateTimeFormat: ['format', 'formatToParts', 'formatRange', 'formatRangeToParts'],
  DisplayNames: ['of'],
  DurationFormat: ['format', 'formatToParts'],
  ListFormat: ['format', 'formatToParts'],
  NumberFormat: ['format', 'formatToParts', 'formatRange', 'formatRangeToParts'],
  PluralRules: ['select', 'selectRange'],
  RelativeTimeFormat: ['format', 'formatToParts'],
  Segmenter: [],
}
const LOCALE_LISTS = [
  'getCalendars',
  'getCollations',
  'getHourCycles',
  'getNumberingSystems',
  'getTimeZones',
  'getTextInfo',
  'getWeekInfo',
] as const
const LOCALE_PROPERTIES = [
  'baseName',
  'calendar',
  'caseFirst',
  'collation',
  'firstDayOfWeek',
  'hourCycle',
  'language',
  'numberingSystem',
  'numeric',
  'region',
  'script',
] as const
const CASES = ['toLocaleLowerCase', 'toLocaleUpperCase'] as const

/** Appended to every list of locales, so that the host's own default locale is never used. */
const DEFAULT_LOCALE = 'en-US'
/** Maximum number of cached formatters. Each takes about 30 to 100 kB outside of the V8 heap. */
const MAX_KEPT = 32
/** Maximum length of a request, in UTF-16 code units. Its copies in the host do not count as memory of the guest. */
const MAX_REQUEST = 4_000_000
/** Maximum number of formatters that one guest creates. */
const MAX_MADE = 1_000

type Service = Record<string, (...rest: never) => unknown> & { resolvedOptions(): object }
type Constructor = (new (
  locales?: readonly string[],
  options?: object,
) => Service) & {
  supportedLocalesOf(locales: readonly string[], options?: object): string[]
}
const { Intl: constructors } = globalThis as unknown as { readonly Intl: Readonly<Record<string, Constructor>> }

type Request = readonly [
  service: string,
  locales: readonly string[],
  options: object | null,
  method: string,
  ...rest: readonly Wire[],
]
/** An argument. BigInts and numbers that JSON lacks (NaN, infinities, -0) are wrapped. */
type Wire = string | number | readonly string[] | { readonly number: string } | { readonly bigint: string } | object

/**
 * Creates the function that serves the `Intl` requests of one guest with the host's own `Intl`. Requests and replies are
 * JSON. A request has at most 4,000,000 characters, and one guest creates at most 1,000 formatters.
 *
 * @returns a function that never throws: the reply is an array with the result, or an object with the `name` and `message`
 * of an error
 */
export function createIntlService(): (request: string) => string {
  const kept = new Map<string, Service>()
  let made = 0

  const serviceOf = (name: string, locales: readonly string[], options: object | null): Service => {
    const key = JSON.stringify([name, locales, options])
    let service = kept.get(key)
    if (service === undefined) {
      if (++made > MAX_MADE) throw new RangeError(`A program makes at most ${MAX_MADE} different formatters`)
      const Constructor = constructors[name] as Constructor
      service = new Constructor([...locales, DEFAULT_LOCALE], options ?? undefined)
    }
    // Maps keep insertion order, so the first entry is the least recently used.
    kept.delete(key)
    kept.set(key, service)
    const [oldest] = kept.keys()
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest)
    return service
  }

  const answer = ([name, locales, options, method, ...rest]: Request): unknown => {
    if (name === 'Intl') return answerIntl(method, locales)
    if (name === 'Locale') return describeLocale(String(locales[0]), options)
    if (name === 'String') return changeCase(method, locales, String(rest[0]))
    if (!(name in METHODS) || !(name in constructors)) throw new TypeError('there is no such service')
    if (method === 'supportedLocalesOf')
      return constructors[name]?.supportedLocalesOf([...locales], options ?? undefined)
    const service = serviceOf(name, locales, options)
    if (method === 'resolvedOptions') return service.resolvedOptions()
    if (method === 'segment') return segment(service, String(rest[0]))
    if (!METHODS[name]?.includes(method)) throw new TypeError('there is no such method')
    return (service[method] as (...given: unknown[]) => unknown)(...rest.map(fromWire))
  }

  return (request) => {
    try {
      if (request.length > MAX_REQUEST) throw new RangeError(`The text is longer than ${MAX_REQUEST} characters`)
      return JSON.stringify([answer(JSON.parse(request) as Request)])
    } catch (error) {
      const { name, message } = error as Error
      return JSON.stringify({ name, message })
    }
  }
}

function fromWire(value: Wire): unknown {
  if (typeof value !== 'object' || Array.isArray(value)) return value
  if ('number' in value) return Number(value.number)
  return 'bigint' in value ? BigInt(value.bigint) : value
}

function answerIntl(method: string, locales: readonly string[]): unknown {
  if (method === 'getCanonicalLocales') return Intl.getCanonicalLocales([...locales])
  if (method === 'supportedValuesOf') return Intl.supportedValuesOf(locales[0] as 'calendar')
  // Older hosts lack the newest services.
  return Object.keys(METHODS).filter((name) => name in constructors)
}

/** Reads all properties of a locale, so that the guest's object needs no further request. */
function describeLocale(tag: string, options: object | null): Record<string, unknown> {
  const locale = new Intl.Locale(tag, options ?? undefined)
  const read = locale as unknown as Record<string, unknown>
  const described: Record<string, unknown> = {
    tag: locale.toString(),
    maximized: locale.maximize().toString(),
    minimized: locale.minimize().toString(),
  }
  for (const name of LOCALE_PROPERTIES) described[name] = read[name]
  for (const name of LOCALE_LISTS) {
    const list = read[name]
    if (typeof list === 'function') described[name] = list.call(locale)
  }
  return described
}

function changeCase(method: string, locales: readonly string[], text: string): string {
  const known = CASES.find((name) => name === method)
  if (known === undefined) throw new TypeError('there is no such method')
  return text[known]([...locales, DEFAULT_LOCALE])
}

/** Returns the start of each segment, and whether it is a word. */
function segment(service: Service, text: string): { starts: number[]; words?: boolean[] } {
  const starts: number[] = []
  const words: boolean[] = []
  for (const { index, isWordLike } of (service as unknown as Intl.Segmenter).segment(text)) {
    starts.push(index)
    if (isWordLike !== undefined) words.push(isWordLike)
  }
  return words.length > 0 ? { starts, words } : { starts }
}
