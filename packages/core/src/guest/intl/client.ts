/** Sends a request to the host and returns its reply, both as JSON. `intl-service.ts` is the host's half. */
export type Ask = (request: string) => string

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

const ERRORS: Readonly<Record<string, ErrorConstructor>> = { RangeError, TypeError }

/** Calls the host's `Intl` and converts locales and options as ECMA-402 requires. */
export class IntlClient {
  readonly #ask: Ask
  /** Language tags of `Intl.Locale` objects. */
  readonly #tags = new WeakMap<object, string>()

  constructor(ask: Ask) {
    this.#ask = ask
  }

  call(
    service: string,
    locales: readonly string[],
    options: object | null,
    method: string,
    ...given: unknown[]
  ): unknown {
    const answer = JSON.parse(this.#ask(JSON.stringify([service, locales, options, method, ...given.map(toWire)])))
    if (Array.isArray(answer)) return answer[0] ?? undefined
    const { name, message } = answer as { name: string; message: string }
    throw new (ERRORS[name] ?? Error)(message)
  }

  setTag(locale: object, tag: string): void {
    this.#tags.set(locale, tag)
  }

  parseLocales(locales: unknown): string[] {
    if (locales === undefined) return []
    if (typeof locales === 'string' || this.#tags.has(locales as object)) return [this.parseTag(locales)]
    if (locales === null) throw new TypeError('Cannot convert undefined or null to object')
    return Array.from(Object(locales) as ArrayLike<unknown>, (locale) => this.parseTag(locale))
  }

  parseTag(locale: unknown): string {
    if (typeof locale !== 'string' && (typeof locale !== 'object' || locale === null))
      throw new TypeError('Incorrect locale information provided')
    return this.#tags.get(locale as object) ?? String(locale)
  }

  parseOptions(service: string, given: unknown): Record<string, unknown> | null {
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
}

/** Adds the guest's time zone to the options of a service that has one. */
export const zoned = (service: string, options: Record<string, unknown> | null): Record<string, unknown> | null =>
  service === 'DateTimeFormat' ? { timeZone: 'UTC', ...options } : options

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
