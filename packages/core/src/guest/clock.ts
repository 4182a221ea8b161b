import {
  dateGetTime,
  OriginalDate,
  OriginalNumber,
  OriginalString,
  objectToString,
  reflectApply,
  reflectConstruct,
  regExpTest,
  trunc,
} from '../protocol/intrinsics.ts'
import { define, loadLibrary, named } from './define.ts'
import type { Library } from './globals.ts'

/** Current time in milliseconds since the epoch. It changes only when a message arrives. */
let now = 0
let startedAt = 0

export const clock = {
  get now(): number {
    return now
  },
  start(time: number): void {
    now = startedAt = time
  },
  advance(time: number): void {
    now = time
  },
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const LOCAL_FIELDS = ['FullYear', 'Month', 'Date', 'Hours', 'Minutes', 'Seconds', 'Milliseconds', 'Day']

const { UTC, parse: originalParse } = OriginalDate
const prototype = OriginalDate.prototype as unknown as Record<string, unknown>

/** Defines a method for local time that calls the corresponding method for UTC. */
function defineLocal(name: string, utc: unknown): void {
  const method = utc as (...rest: unknown[]) => unknown
  const local = {
    [name](this: Date, ...rest: unknown[]): unknown {
      return reflectApply(method, this, rest)
    },
  }
  define(prototype, name, named(name, local[name] as typeof method, method.length))
}

/**
 * Installs a clock that stands still within a turn. The time zone is always UTC, also in formatted dates. Engines
 * format dates differently, and none may reveal the time zone of its host.
 *
 * @param library provides the parser of dates that are not in ISO 8601
 */
export function installClock(library: Library): void {
  loadReader = () => loadLibrary(library('dates'), [])
  for (let index = 0; index < LOCAL_FIELDS.length; index++) {
    const field = LOCAL_FIELDS[index]
    defineLocal(`get${field}`, prototype[`getUTC${field}`])
    if (field !== 'Day') defineLocal(`set${field}`, prototype[`setUTC${field}`])
  }
  delete prototype.getYear
  delete prototype.setYear
  const methods = {
    getTimezoneOffset: (_: Parts) => 0,
    toString: (at: Parts) => `${dateText(at)} ${timeText(at)}`,
    toDateString: dateText,
    toTimeString: timeText,
  }
  const names = Object.keys(methods) as (keyof typeof methods)[]
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as keyof typeof methods
    const describe = methods[name]
    define(
      prototype,
      name,
      {
        [name](this: Date) {
          const time = dateGetTime(this)
          return time === time ? describe(partsOf(time)) : name === 'getTimezoneOffset' ? Number.NaN : 'Invalid Date'
        },
      }[name],
    )
  }
  define(prototype, 'constructor', GuestDate)
  define(globalThis, 'Date', GuestDate)
  const performance = {}
  define(performance, 'now', () => now - startedAt)
  define(performance, 'timeOrigin', 0)
  define(globalThis, 'performance', performance)
}

function GuestDate(this: unknown, ...parts: unknown[]): unknown {
  if (new.target === undefined) {
    const at = partsOf(trunc(now))
    return `${dateText(at)} ${timeText(at)}`
  }
  const target = new.target === GuestDate ? OriginalDate : new.target
  return reflectConstruct(OriginalDate, [timeOf(parts)], target as never)
}
define(GuestDate, 'name', 'Date')
define(GuestDate, 'length', 7)
GuestDate.prototype = OriginalDate.prototype
define(GuestDate, 'now', () => trunc(now))
define(GuestDate, 'parse', (text: unknown) => parse(OriginalString(text)))
define(GuestDate, 'UTC', UTC)

function timeOf(parts: unknown[]): number {
  if (parts.length === 0) return trunc(now)
  if (parts.length > 1) return reflectApply(UTC, undefined, parts) as number
  let value = parts[0]
  if (objectToString(value) === '[object Date]') return dateGetTime(value as Date)
  if (typeof value === 'object' && value !== null) value = value.valueOf()
  if (typeof value === 'object' && value !== null) value = OriginalString(value)
  return typeof value === 'string' ? parse(value) : OriginalNumber(value)
}

/** Matches ISO 8601 dates that all engines parse in the same way. */
const isoDate = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/
const isoTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/
const zone = /(?:Z|[+-]\d\d:\d\d)$/

let parseDate: ((text: string) => number) | undefined
let loadReader: () => unknown

/** Parses a date. A text without a time zone is in UTC, regardless of the engine's local time zone. */
function parse(text: string): number {
  if (regExpTest(isoDate, text)) return originalParse(text)
  if (regExpTest(isoTime, text)) return originalParse(regExpTest(zone, text) ? text : `${text}Z`)
  parseDate ??= loadReader() as typeof parseDate
  return (parseDate as (text: string) => number)(text)
}

interface Parts {
  readonly year: number
  readonly month: number
  readonly date: number
  readonly day: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
}

const read = {
  year: prototype.getUTCFullYear,
  month: prototype.getUTCMonth,
  date: prototype.getUTCDate,
  day: prototype.getUTCDay,
  hours: prototype.getUTCHours,
  minutes: prototype.getUTCMinutes,
  seconds: prototype.getUTCSeconds,
} as Record<keyof Parts, () => number>

function partsOf(time: number): Parts {
  const date = reflectConstruct(OriginalDate, [time])
  const part = (key: keyof Parts): number => reflectApply(read[key], date, []) as number
  return {
    year: part('year'),
    month: part('month'),
    date: part('date'),
    day: part('day'),
    hours: part('hours'),
    minutes: part('minutes'),
    seconds: part('seconds'),
  }
}

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)

function yearText(year: number): string {
  const digits = `${year < 0 ? -year : year}`
  return (year < 0 ? '-' : '') + '000'.slice(0, digits.length < 4 ? 4 - digits.length : 0) + digits
}

function dateText(at: Parts): string {
  return `${DAYS[at.day]} ${MONTHS[at.month]} ${two(at.date)} ${yearText(at.year)}`
}

function timeText(at: Parts): string {
  return `${two(at.hours)}:${two(at.minutes)}:${two(at.seconds)} GMT+0000 (Coordinated Universal Time)`
}
