import { define, named } from '../define.ts'
import type { IntlClient } from './client.ts'

interface Described extends Record<string, unknown> {
  readonly tag: string
  readonly maximized: string
  readonly minimized: string
}

const LOCALE_PROPERTIES = `baseName calendar caseFirst collation firstDayOfWeek hourCycle language numberingSystem
  numeric region script`.split(/\s+/)
const LOCALE_LISTS =
  'getCalendars getCollations getHourCycles getNumberingSystems getTimeZones getTextInfo getWeekInfo'.split(' ')

/** Creates the constructor of `Intl.Locale`. */
export function createLocale(client: IntlClient): { readonly prototype: object } {
  class Locale {
    readonly #described: Described

    constructor(tag: unknown, options?: unknown) {
      const parsed = client.parseTag(tag)
      this.#described = client.call('Locale', [parsed], client.parseOptions('Locale', options), 'describe') as Described
      client.setTag(this, this.#described.tag)
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
