/**
 * `Intl` and all locale-dependent methods, for engines without ICU: thin classes around one synchronous function, which the
 * host implements with its own `Intl`.
 */
import { define } from '../define.ts'
import { type Ask, IntlClient } from '../intl/client.ts'
import { createLocale } from '../intl/locale.ts'
import { installLocaleMethods } from '../intl/locale-methods.ts'
import { IntlServices } from '../intl/services.ts'

/**
 * Installs `Intl` and the locale-dependent methods.
 *
 * @param now the guest's time, in milliseconds since the epoch
 */
export function install(ask: Ask, now: () => number): void {
  const client = new IntlClient(ask)
  const intl = {}
  Object.defineProperty(intl, Symbol.toStringTag, { value: 'Intl', configurable: true })
  const services = new IntlServices(client, intl)
  services.define(now)
  services.seal('Locale', createLocale(client))
  const functions = {
    getCanonicalLocales: (locales: unknown) =>
      client.call('Intl', client.parseLocales(locales), null, 'getCanonicalLocales'),
    supportedValuesOf: (key: unknown) => client.call('Intl', [String(key)], null, 'supportedValuesOf'),
  }
  for (const [name, value] of Object.entries(functions)) define(intl, name, value)
  define(globalThis, 'Intl', intl)
  installLocaleMethods(client)
}
