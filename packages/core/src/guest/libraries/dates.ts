/**
 * Parses dates as V8's `Date.parse` does (grammar: V8's `src/date/dateparser-inl.h`), on every engine. ECMAScript specifies
 * ISO 8601 only. A differential test compares it with V8.
 */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** Offsets of named time zones, in hours. */
const ZONES: Readonly<Record<string, number>> = {
  __proto__: null as never,
  ut: 0,
  utc: 0,
  z: 0,
  gmt: 0,
  edt: -4,
  cdt: -5,
  est: -5,
  cst: -6,
  mdt: -6,
  mst: -7,
  pdt: -7,
  pst: -8,
}
/** Offsets of the halves of a day, in hours. */
const HALF_DAYS: Readonly<Record<string, number>> = { __proto__: null as never, am: 0, pm: 12 }

/** Number of significant digits, after leading zeros; further digits are ignored. */
const MAX_DIGITS = 9
/** Number of letters by which V8 recognises words. */
const PREFIX = 3

interface Token {
  readonly kind: 'number' | 'word' | 'mark' | 'blank' | 'other' | 'end'
  /** The token's text; for a word, its first letters in lower case. */
  readonly text: string
  readonly value: number
  readonly length: number
}

const END: Token = { kind: 'end', text: '', value: 0, length: 0 }
/** A word consists of all characters after `@` in Unicode. */
const TOKEN = /(?<number>\d+)|(?<mark>[:\-+.)])|(?<blank>\s)|(?<word>[^\0-@\s]+)|(?<other>[^\0])/y

class Scanner {
  readonly #text: string
  #at = 0
  #next: Token

  constructor(text: string) {
    this.#text = text
    this.#next = this.#scan()
  }

  get next(): Token {
    return this.#next
  }

  take(): Token {
    const token = this.#next
    this.#next = this.#scan()
    return token
  }

  isAt(mark: string): boolean {
    return this.#next.kind === 'mark' && this.#next.text === mark
  }

  skip(mark: string): boolean {
    const isAt = this.isAt(mark)
    if (isAt) this.take()
    return isAt
  }

  /** Takes a number of exactly so many digits between two bounds. */
  takeFixed(length: number, least: number, most: number): number | undefined {
    const { kind, value, length: given } = this.#next
    if (kind !== 'number' || given !== length || value < least || value > most) return undefined
    return this.take().value
  }

  #scan(): Token {
    if (this.#text[this.#at] === '(') return this.#skipParentheses()
    TOKEN.lastIndex = this.#at
    const groups = TOKEN.exec(this.#text)?.groups as Partial<Record<Token['kind'], string>> | undefined
    if (groups === undefined) return END
    const { number, mark, blank, word, other } = groups
    const text = (number ?? mark ?? blank ?? word ?? other) as string
    this.#at += text.length
    const { length } = text
    if (number !== undefined)
      return { kind: 'number', text, value: Number(text.replace(/^0+/, '').slice(0, MAX_DIGITS)), length }
    if (word !== undefined) return { kind: 'word', text: lowerPrefix(word), value: 0, length }
    return { kind: mark !== undefined ? 'mark' : blank !== undefined ? 'blank' : 'other', text, value: 0, length }
  }

  #skipParentheses(): Token {
    let depth = 0
    do {
      const unit = this.#text[this.#at++]
      if (unit === '(') depth++
      else if (unit === ')') depth--
    } while (depth > 0 && this.#at < this.#text.length && this.#text[this.#at] !== '\0')
    return { kind: 'other', text: '(', value: 0, length: 1 }
  }
}

/** Lower-cases ASCII letters only. */
const lowerPrefix = (word: string): string =>
  word.length > PREFIX && !MONTHS.includes(word.slice(0, PREFIX).toLowerCase())
    ? '?'
    : word.slice(0, PREFIX).replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** The components found so far. */
interface Found {
  readonly day: number[]
  readonly time: number[]
  month: number | undefined
  halfDay: number | undefined
  sign: number | undefined
  hour: number | undefined
  minute: number | undefined
  isIso: boolean
}

/** Parses a date. Returns milliseconds since the epoch, or NaN. A text without a time zone is in UTC. */
export function parseDate(text: string): number {
  const scanner = new Scanner(text)
  const found: Found = {
    day: [],
    time: [],
    month: undefined,
    halfDay: undefined,
    sign: undefined,
    hour: undefined,
    minute: undefined,
    isIso: false,
  }
  const rest = parseIso(scanner, found)
  if (rest === undefined || !parseLegacy(scanner, found, rest)) return Number.NaN
  return timeOf(found)
}

/** Parses ISO 8601. Returns the token from which legacy parsing continues, or undefined for an invalid date. */
function parseIso(scanner: Scanner, found: Found): Token | undefined {
  const { day, time } = found
  if (scanner.isAt('+') || scanner.isAt('-')) {
    const sign = scanner.take()
    const { kind, length } = scanner.next
    if (kind !== 'number' || length !== 6) return sign
    const year = scanner.take().value
    if (sign.text === '-' && year === 0) return sign
    day.push(sign.text === '-' ? -year : year)
  } else {
    const year = scanner.takeFixed(4, 0, 9_999)
    if (year === undefined) return scanner.take()
    day.push(year)
  }
  for (const most of [12, 31]) {
    if (!scanner.skip('-')) break
    const part = scanner.takeFixed(2, 1, most)
    if (part === undefined) return scanner.take()
    day.push(part)
  }
  const { kind, text, length } = scanner.next
  if (kind !== 'word' || text !== 't' || length !== 1) {
    if (kind !== 'end') return scanner.take()
  } else {
    scanner.take()
    if (!parseIsoTime(scanner, time) || !parseIsoZone(scanner, found) || scanner.next.kind !== 'end') return undefined
  }
  found.isIso = true
  return END
}

function parseIsoTime(scanner: Scanner, time: number[]): boolean {
  const hour = scanner.takeFixed(2, 0, 24)
  if (hour === undefined || !scanner.skip(':')) return false
  const most = hour === 24 ? 0 : 59
  const minute = scanner.takeFixed(2, 0, most)
  if (minute === undefined) return false
  time.push(hour, minute)
  if (!scanner.skip(':')) return true
  const second = scanner.takeFixed(2, 0, most)
  if (second === undefined) return false
  time.push(second)
  if (!scanner.skip('.')) return true
  if (scanner.next.kind !== 'number' || (hour === 24 && scanner.next.value > 0)) return false
  time.push(milliseconds(scanner.take()))
  return true
}

function parseIsoZone(scanner: Scanner, found: Found): boolean {
  if (isZulu(scanner.next)) {
    scanner.take()
    setZone(found, 0)
    return true
  }
  if (!scanner.isAt('+') && !scanner.isAt('-')) return true
  found.sign = scanner.take().text === '+' ? 1 : -1
  if (scanner.next.kind === 'number' && scanner.next.length === 4) {
    const { value } = scanner.take()
    found.hour = Math.floor(value / 100)
    found.minute = value % 100
    return found.hour < 24 && found.minute < 60
  }
  found.hour = scanner.takeFixed(2, 0, 23)
  if (found.hour === undefined || !scanner.skip(':')) return false
  found.minute = scanner.takeFixed(2, 0, 59)
  return found.minute !== undefined
}

function parseLegacy(scanner: Scanner, found: Found, first: Token): boolean {
  let hasNumber = found.day.length > 0
  for (let token = first; token.kind !== 'end'; token = scanner.take()) {
    const isSign = token.kind === 'mark' && (token.text === '+' || token.text === '-')
    if (token.kind === 'number') {
      hasNumber = true
      if (!parseNumber(scanner, found, token.value)) return false
    } else if (token.kind === 'word') {
      if (!parseWord(scanner, found, token, hasNumber)) return false
    } else if (isSign && (found.time.length > 0 || (found.hour === 0 && found.minute === 0))) {
      hasNumber = true
      if (!parseOffset(scanner, found, token.text === '+' ? 1 : -1)) return false
    } else if ((isSign || (token.kind === 'mark' && token.text === ')')) && hasNumber) {
      return false
    }
  }
  return true
}

/** Hours, minutes, seconds, milliseconds. */
const TIME_PARTS = [24, 60, 60, 1_000] as const

const expectsTime = ({ time }: Found, value: number): boolean =>
  time.length > 0 && time.length < TIME_PARTS.length && value < (TIME_PARTS[time.length] as number)

function addTime({ time }: Found, value: number): boolean {
  if (time.length === TIME_PARTS.length) return false
  time.push(value)
  return true
}

/** Adds the last component of a time. */
function endTime(found: Found, value: number): void {
  addTime(found, value)
  while (addTime(found, 0));
}

function parseNumber(scanner: Scanner, found: Found, value: number): boolean {
  if (scanner.skip(':')) {
    if (scanner.skip(':')) {
      if (found.time.length > 0) return false
      found.time.push(value, 0)
      return true
    }
    if (!addTime(found, value)) return false
    scanner.skip('.')
    return true
  }
  const hasPoint = scanner.skip('.')
  if (hasPoint && expectsTime(found, value)) {
    addTime(found, value)
    if (scanner.next.kind !== 'number') return false
    endTime(found, milliseconds(scanner.take()))
    return true
  }
  if (found.hour !== undefined && found.minute === undefined && value < 60) {
    found.minute = value
    return true
  }
  if (expectsTime(found, value)) {
    endTime(found, value)
    const { kind } = scanner.next
    return kind === 'end' || kind === 'blank' || isZulu(scanner.next) || scanner.isAt('+') || scanner.isAt('-')
  }
  if (found.day.length === 3) return false
  found.day.push(value)
  scanner.skip('-')
  return true
}

function parseWord(scanner: Scanner, found: Found, { text }: Token, hasNumber: boolean): boolean {
  const month = MONTHS.indexOf(text)
  if (text in HALF_DAYS && found.time.length > 0) {
    found.halfDay = HALF_DAYS[text]
  } else if (month >= 0) {
    found.month = month + 1
    scanner.skip('-')
  } else if (text in ZONES && hasNumber) {
    setZone(found, ZONES[text] as number)
  } else {
    // Unknown words may only precede the first number, and not directly.
    return !hasNumber && scanner.next.kind !== 'number'
  }
  return true
}

function parseOffset(scanner: Scanner, found: Found, sign: number): boolean {
  found.sign = sign
  const { value, length } = scanner.next.kind === 'number' ? scanner.take() : END
  if (scanner.isAt(':')) {
    found.hour = value
    found.minute = undefined
    return true
  }
  if (length < 1 || length > 4) return false
  found.hour = length < 3 ? value : Math.floor(value / 100)
  found.minute = length < 3 ? 0 : value % 100
  return true
}

const isZulu = ({ kind, text, length }: Token): boolean => kind === 'word' && text === 'z' && length === 1

function setZone(found: Found, hours: number): void {
  found.sign = hours < 0 ? -1 : 1
  found.hour = Math.abs(hours)
  found.minute = 0
}

/** Converts a fraction to milliseconds. V8 misreads fractions of more than nine digits that begin with zeros; so does this. */
const milliseconds = ({ value, length }: Token): number =>
  length < 3 ? value * 10 ** (3 - length) : Math.floor(value / 10 ** (Math.min(length, MAX_DIGITS) - 3))

const isDay = (value: number): boolean => value >= 1 && value <= 31

function timeOf(found: Found): number {
  const [hour = 0, minute = 0, second = 0, millisecond = 0] = found.time
  let hours = hour
  if (found.halfDay !== undefined) {
    if (hour > 12) return Number.NaN
    hours = (hour % 12) + found.halfDay
  }
  const isMidnight = hours === 24 && minute === 0 && second === 0 && millisecond === 0
  const isTime = hours < 24 && minute < 60 && second < 60 && millisecond < 1_000
  const date = dateOf(found)
  if (date === undefined || !(isTime || isMidnight)) return Number.NaN
  const [year, month, day] = date
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  at.setUTCHours(hours, minute, second, millisecond)
  const offset = (found.sign ?? 0) * ((found.hour ?? 0) * 60 + (found.minute ?? 0))
  return new Date(at.getTime() - offset * 60_000).getTime()
}

/** Orders the components. Missing ones are 1, which makes the year 2001. */
function dateOf({ day: parts, month: named, isIso }: Found): [year: number, month: number, day: number] | undefined {
  if (parts.length === 0) return undefined
  const [first, second, third] = [...parts, 1, 1] as [number, number, number]
  let year: number
  let month: number
  let day: number
  if (named === undefined) [year, month, day] = isIso || !isDay(first) ? [first, second, third] : [third, first, second]
  else [year, month, day] = isDay(first) ? [second, named, first] : [first, named, second]
  if (!isIso && year >= 0 && year < 100) year += year < 50 ? 2_000 : 1_900
  return month >= 1 && month <= 12 && isDay(day) ? [year, month, day] : undefined
}
