/** The half of a guest's `Intl` that stands in the host, for engines that have none: `libraries/intl.ts` is the other. */

/** What a guest may ask of each service. */
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

/** Asked for last, so that no default of the host's own is ever taken. */
const DEFAULT_LOCALE = 'en-US'
/** Each takes some 30 to 100 kB, outside of any heap. */
const MAX_KEPT = 32
/** Of a request, in UTF-16 units: its copies in the host are beyond what is counted to the guest. */
const MAX_REQUEST = 4_000_000
/** A guest that makes more is flooding its host. */
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
/** What JSON cannot say: numbers that are not finite or are -0, and BigInts. */
type Wire = string | number | readonly string[] | { readonly number: string } | { readonly bigint: string } | object

/**
 * Creates what answers the requests of one guest, with the host's own `Intl`. It takes and gives JSON of at most
 * 4,000,000 characters, keeps few formatters, and makes at most a thousand.
 *
 * @returns never throws; an answer is an array of one value, or an object with the `name` and `message` of an error
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
    // The one that was used longest ago is the first.
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
  // Hosts differ in the newest of them.
  return Object.keys(METHODS).filter((name) => name in constructors)
}

/** All there is to know of a locale: a guest's own object answers from it. */
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

/** Where each segment begins, and which of them are words. */
function segment(service: Service, text: string): { starts: number[]; words?: boolean[] } {
  const starts: number[] = []
  const words: boolean[] = []
  for (const { index, isWordLike } of (service as unknown as Intl.Segmenter).segment(text)) {
    starts.push(index)
    if (isWordLike !== undefined) words.push(isWordLike)
  }
  return words.length > 0 ? { starts, words } : { starts }
}
