/**
 * Numbers and comparisons of texts as in American English, whatever locale is asked for: engines differ in the locales
 * that they know, and QuickJS knows none.
 */
import { define } from '../define.ts'

interface NumberOptions {
  readonly minimumFractionDigits?: number
  readonly maximumFractionDigits?: number
  readonly useGrouping?: boolean
  readonly style?: 'decimal' | 'percent' | 'currency'
  readonly currency?: string
}

const SYMBOLS: Readonly<Record<string, string>> = { USD: '$', EUR: '€', GBP: '£', JPY: '¥', INR: '₹', CNY: 'CN¥' }
const DECIMALS = 3
const CENTS = 2
/** As far as `toFixed` goes. */
const MAX_DECIMALS = 100
/** From here on `toFixed` writes an exponent. */
const LARGE = 1e21

const group = (digits: string): string => digits.replace(/\B(?=(?:\d{3})+$)/g, ',')

function formatNumber(value: number, options: NumberOptions): string {
  const { style = 'decimal', currency = 'USD', useGrouping = true } = options
  const usual = style === 'currency' ? (currency === 'JPY' ? 0 : CENTS) : 0
  const least = options.minimumFractionDigits ?? Math.min(usual, options.maximumFractionDigits ?? usual)
  const most = options.maximumFractionDigits ?? Math.max(least, style === 'decimal' ? DECIMALS : usual)
  if (!(least >= 0 && most >= least && most <= MAX_DECIMALS))
    throw new RangeError('The fraction digits are out of range')
  const magnitude = Math.abs(style === 'percent' ? value * 100 : value)
  const [whole, fraction] = writeMagnitude(magnitude, least, most)
  const number = `${useGrouping ? group(whole) : whole}${fraction === '' ? '' : `.${fraction}`}`
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  if (style === 'currency') return `${sign}${SYMBOLS[currency] ?? `${currency}\u00a0`}${number}`
  return `${sign}${number}${style === 'percent' ? '%' : ''}`
}

function writeMagnitude(magnitude: number, least: number, most: number): [whole: string, fraction: string] {
  if (Number.isNaN(magnitude)) return ['NaN', '']
  if (magnitude === Number.POSITIVE_INFINITY) return ['∞', '']
  if (magnitude >= LARGE) return [BigInt(magnitude).toString(), '0'.repeat(least)]
  const [whole = '', fraction = ''] = round(magnitude, most).split('.')
  return [whole, fraction.slice(0, least) + fraction.slice(least).replace(/0+$/, '')]
}

/** Halves go up as they are written in decimal, not as their nearest binary number would. */
function round(magnitude: number, decimals: number): string {
  const shortest = String(magnitude)
  const at = shortest.indexOf('.')
  if (shortest.includes('e') || at < 0 || shortest.length - at - 1 <= decimals) return magnitude.toFixed(decimals)
  const digits = BigInt(shortest.slice(0, at) + shortest.slice(at + 1, at + 1 + decimals))
  const rounded = String(digits + (shortest.charAt(at + 1 + decimals) >= '5' ? 1n : 0n)).padStart(decimals + 1, '0')
  return decimals === 0 ? rounded : `${rounded.slice(0, -decimals)}.${rounded.slice(-decimals)}`
}

interface CompareOptions {
  readonly numeric?: boolean
  readonly sensitivity?: 'base' | 'accent' | 'case' | 'variant'
}

/** Marks on letters; what is left of a letter without them is its base. */
const MARKS = /\p{M}+/gu
const PIECES = /\d+|\D+/g

/** By letters, then by their marks, then small before capital: the order of a dictionary. */
function compareTexts(
  left: string,
  right: string,
  { numeric = false, sensitivity = 'variant' }: CompareOptions,
): number {
  const [a, b] = [left.normalize('NFD'), right.normalize('NFD')]
  const bases = compareBases(a.replace(MARKS, '').toLowerCase(), b.replace(MARKS, '').toLowerCase(), numeric)
  if (bases !== 0 || sensitivity === 'base') return bases
  if (sensitivity !== 'case') {
    const marks = compareUnits(a.toLowerCase(), b.toLowerCase())
    if (marks !== 0 || sensitivity === 'accent') return marks
  }
  // Small letters come before capitals, whose code points are lower.
  return -compareUnits(a.replace(MARKS, ''), b.replace(MARKS, ''))
}

function compareBases(left: string, right: string, numeric: boolean): number {
  if (!numeric) return compareCharacters(left, right)
  const [a, b] = [left.match(PIECES) ?? [], right.match(PIECES) ?? []]
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const compared = comparePieces(a[index] as string, b[index] as string)
    if (compared !== 0) return compared
  }
  return a.length - b.length
}

function comparePieces(left: string, right: string): number {
  if (!isDigit(left) || !isDigit(right)) return compareCharacters(left, right)
  const [a, b] = [left.replace(/^0+/, ''), right.replace(/^0+/, '')]
  return a.length - b.length || compareUnits(a, b)
}

const isDigit = (text: string): boolean => text.charAt(0) >= '0' && text.charAt(0) <= '9'

/** Spaces and punctuation come before digits, and digits before letters. */
function compareCharacters(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const [a, b] = [left[index] as string, right[index] as string]
    if (a !== b) return rankOf(a) - rankOf(b) || compareUnits(a, b)
  }
  return left.length - right.length
}

const rankOf = (character: string): number => (/\p{L}/u.test(character) ? 2 : /\p{N}/u.test(character) ? 1 : 0)
const compareUnits = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

const methods = {
  number: {
    toLocaleString(this: number, _locales?: unknown, options: NumberOptions = {}): string {
      return formatNumber(Number(this), options)
    },
  },
  bigint: {
    toLocaleString(this: bigint, _locales?: unknown, { useGrouping = true }: NumberOptions = {}): string {
      const digits = String(this < 0n ? -this : this)
      return `${this < 0n ? '-' : ''}${useGrouping ? group(digits) : digits}`
    },
  },
  string: {
    localeCompare(this: string, that: unknown, _locales?: unknown, options: CompareOptions = {}): number {
      return Math.sign(compareTexts(String(this), String(that), options))
    },
    toLocaleLowerCase(this: string): string {
      return String(this).toLowerCase()
    },
    toLocaleUpperCase(this: string): string {
      return String(this).toUpperCase()
    },
  },
}

define(Number.prototype, 'toLocaleString', methods.number.toLocaleString)
define(BigInt.prototype, 'toLocaleString', methods.bigint.toLocaleString)
for (const [name, method] of Object.entries(methods.string)) define(String.prototype, name, method)
