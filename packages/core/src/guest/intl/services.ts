import { define, named } from '../define.ts'
import { numeric, type Read, texts } from './arguments.ts'
import { type IntlClient, zoned } from './client.ts'
import { defineSegments, type Segmented } from './segments.ts'

/** The internal state of a formatter. */
interface State {
  readonly service: string
  readonly locales: readonly string[]
  readonly options: object | null
  readonly resolved: Record<string, unknown>
  /** The bound function that the `format` or `compare` getter returns. */
  bound?: (...given: never) => unknown
}

/** Methods of a service with the conversion of their arguments. */
interface ServiceMethods {
  readonly methods: Readonly<Record<string, Read>>
  /** The method that is a getter of a bound function. */
  readonly getter?: string
  /** The `length` of the constructor. */
  readonly length?: number
}

/** Services that can be called without `new`. */
const CALLABLE = ['Collator', 'DateTimeFormat', 'NumberFormat']

/**
 * Returns the methods of each service.
 *
 * @param now the guest's time, in milliseconds since the epoch
 */
function serviceMethods(now: () => number): Readonly<Record<string, ServiceMethods>> {
  const time = (date: unknown): number => (date === undefined ? now() : Number(date))
  const times: Read = (start, end) => {
    if (start === undefined || end === undefined) throw new TypeError('Invalid time value')
    return [Number(start), Number(end)]
  }
  const numbers: Read = (start, end) => {
    if (start === undefined || end === undefined) throw new TypeError('start or end is undefined')
    return [numeric(start), numeric(end)]
  }
  return {
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
}

/** Defines the constructors of `Intl` whose instances are formatters. */
export class IntlServices {
  readonly #client: IntlClient
  readonly #intl: object
  readonly #states = new WeakMap<object, State>()

  /** @param intl the object that gets the constructors */
  constructor(client: IntlClient, intl: object) {
    this.#client = client
    this.#intl = intl
  }

  /** Defines the constructors that the host supports. */
  define(now: () => number): void {
    const methods = serviceMethods(now)
    for (const service of this.#client.call('Intl', [], null, 'services') as string[])
      this.#defineService(service, methods[service] as ServiceMethods)
    const { Segmenter } = this.#intl as { Segmenter: { readonly prototype: object } }
    defineSegments(Segmenter.prototype, (receiver, text) => {
      return this.#call(this.#stateOf(receiver, 'Segmenter', 'segment'), 'segment', text) as Segmented
    })
  }

  /** Sets the properties that all constructors of `Intl` have, and adds the constructor to it. */
  seal(service: string, Service: { readonly prototype: object }): void {
    Object.defineProperty(Service, 'prototype', { writable: false })
    Object.defineProperty(Service.prototype, Symbol.toStringTag, { value: `Intl.${service}`, configurable: true })
    define(this.#intl, service, Service)
  }

  #stateOf(receiver: unknown, service: string, method: string): State {
    const state = this.#states.get(receiver as object)
    if (state?.service === service) return state
    throw new TypeError(
      `Method Intl.${service}.prototype.${method} called on incompatible receiver ${String(receiver)}`,
    )
  }

  #createState(service: string, locales: readonly string[], options: object | null): State {
    const resolved = this.#client.call(service, locales, options, 'resolvedOptions') as Record<string, unknown>
    return { service, locales, options, resolved }
  }

  #call({ service, locales, options }: State, method: string, ...given: unknown[]): unknown {
    return this.#client.call(service, locales, options, method, ...given)
  }

  #defineService(service: string, { methods, getter, length = 0 }: ServiceMethods): void {
    const Service = this.#defineConstructor(service, length)
    const stateOf = (receiver: unknown, method: string) => this.#stateOf(receiver, service, method)
    const call = (state: State, method: string, given: readonly unknown[]) => this.#call(state, method, ...given)
    for (const [method, read] of Object.entries(methods)) {
      if (method === getter) continue
      const { [method]: callable } = {
        [method](this: unknown, ...given: unknown[]): unknown {
          return call(stateOf(this, method), method, read(...given))
        },
      }
      define(Service.prototype, method, named(method, callable as never, read.length))
    }
    if (getter !== undefined) this.#defineBound(Service.prototype, service, getter, methods[getter] as Read)
    const resolvedOptions = function (this: unknown): object {
      return { ...stateOf(this, 'resolvedOptions').resolved }
    }
    define(Service.prototype, 'resolvedOptions', named('resolvedOptions', resolvedOptions))
    this.seal(service, Service)
    const client = this.#client
    const supportedLocalesOf = function (this: unknown, locales: unknown, options?: unknown): unknown {
      const tags = client.parseLocales(locales)
      return client.call(service, tags, client.parseOptions(service, options), 'supportedLocalesOf')
    }
    define(Service, 'supportedLocalesOf', named('supportedLocalesOf', supportedLocalesOf, 1))
  }

  #defineConstructor(service: string, length: number): { readonly prototype: object } {
    const client = this.#client
    const states = this.#states
    const createState = (locales: unknown, options: unknown) =>
      this.#createState(service, client.parseLocales(locales), zoned(service, client.parseOptions(service, options)))
    function Service(this: unknown, locales?: unknown, options?: unknown): object {
      const target = new.target ?? (CALLABLE.includes(service) ? Service : undefined)
      if (target === undefined) throw new TypeError(`Constructor Intl.${service} requires 'new'`)
      const made = Reflect.construct(Object, [], target) as object
      states.set(made, createState(locales, options))
      return made
    }
    return named(service, Service, length) as never
  }

  /** Defines a getter that returns a method bound to its formatter. */
  #defineBound(prototype: object, service: string, method: string, read: Read): void {
    const stateOf = (receiver: unknown) => this.#stateOf(receiver, service, method)
    const bind = (state: State) =>
      named('', (...given: unknown[]) => this.#call(state, method, ...read(...given)), read.length)
    const get = function (this: unknown): unknown {
      const state = stateOf(this)
      state.bound ??= bind(state)
      return state.bound
    }
    Object.defineProperty(prototype, method, { get: named(`get ${method}`, get), configurable: true })
  }
}
