import { define, named } from '../define.ts'
import { type IntlClient, zoned } from './client.ts'

type Parts = 'any' | 'all' | 'date' | 'time'

/** Installs the locale-dependent methods of numbers, dates, strings and lists. */
export function installLocaleMethods(client: IntlClient): void {
  installNumberMethods(client)
  installDateMethods(client)
  installStringMethods(client)
  for (const prototype of [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)]) {
    replace(prototype, 0, {
      toLocaleString(this: ArrayLike<unknown>, locales?: unknown, options?: unknown) {
        return joinItems(this, locales, options)
      },
    })
  }
}

function installNumberMethods(client: IntlClient): void {
  const formatNumber = (value: number | bigint, locales: unknown, options: unknown): unknown =>
    client.call(
      'NumberFormat',
      client.parseLocales(locales),
      client.parseOptions('NumberFormat', options),
      'format',
      value,
    )
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
}

function installDateMethods(client: IntlClient): void {
  const { getTime } = Date.prototype
  const formatDate = (date: Date, locales: unknown, given: unknown, required: Parts, defaults: Parts): unknown => {
    const at = getTime.call(date)
    if (Number.isNaN(at)) return 'Invalid Date'
    const options = withDefaults(
      zoned('DateTimeFormat', client.parseOptions('DateTimeFormat', given)) ?? {},
      required,
      defaults,
    )
    const text = client.call('DateTimeFormat', client.parseLocales(locales), options, 'format', at)
    const unfit = required === 'date' ? 'timeStyle' : 'dateStyle'
    if (required !== 'any' && options[unfit] !== undefined) throw new TypeError(`Invalid option : ${unfit}`)
    return text
  }
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
}

function installStringMethods(client: IntlClient): void {
  const changeCase = (method: 'toLocaleLowerCase' | 'toLocaleUpperCase', text: string, locales: unknown): unknown =>
    client.call('String', client.parseLocales(locales), null, method, text)
  replace(String.prototype, 1, {
    localeCompare(this: unknown, that: unknown, locales?: unknown, options?: unknown) {
      const left = textOf(this, 'localeCompare')
      return client.call(
        'Collator',
        client.parseLocales(locales),
        client.parseOptions('Collator', options),
        'compare',
        left,
        String(that),
      )
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
