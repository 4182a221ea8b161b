import { clock } from './clock.ts'
import { define } from './define.ts'
import { domException } from './dom-exception.ts'

/** Implements the parts of the DOM's `Event` (https://dom.spec.whatwg.org) that apply without a tree of targets. */
export class Event {
  readonly type: string
  readonly bubbles: boolean
  readonly cancelable: boolean
  readonly composed: boolean
  readonly timeStamp = clock.now
  readonly eventPhase = 0
  target: EventTarget | null = null
  currentTarget: EventTarget | null = null
  defaultPrevented = false
  /** @internal */
  stopped = false

  constructor(type: string, init: { bubbles?: boolean; cancelable?: boolean; composed?: boolean } = {}) {
    this.type = `${type}`
    this.bubbles = Boolean(init.bubbles)
    this.cancelable = Boolean(init.cancelable)
    this.composed = Boolean(init.composed)
    define(this, 'stopped', false)
  }
  preventDefault(): void {
    if (this.cancelable) this.defaultPrevented = true
  }
  stopPropagation(): void {}
  stopImmediatePropagation(): void {
    this.stopped = true
  }
  composedPath(): EventTarget[] {
    return this.currentTarget === null ? [] : [this.currentTarget]
  }
}

export class CustomEvent extends Event {
  readonly detail: unknown
  constructor(type: string, init: ConstructorParameters<typeof Event>[1] & { detail?: unknown } = {}) {
    super(type, init)
    this.detail = init.detail ?? null
  }
}

type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown }
interface Registration {
  readonly type: string
  readonly listener: Listener
  readonly once: boolean
}

export class EventTarget {
  #registrations: Registration[] = []

  addEventListener(
    type: string,
    listener: Listener | null,
    options?: { once?: boolean; signal?: AbortSignal } | boolean,
  ): void {
    const { once = false, signal = undefined } = typeof options === 'object' ? options : {}
    if (listener === null || signal?.aborted) return
    if (this.#registrations.some((known) => known.type === type && known.listener === listener)) return
    this.#registrations.push({ type, listener, once })
    signal?.addEventListener('abort', () => this.removeEventListener(type, listener), { once: true })
  }

  removeEventListener(type: string, listener: Listener | null): void {
    this.#registrations = this.#registrations.filter((known) => known.type !== type || known.listener !== listener)
  }

  /** Calls the listeners, then throws the first error that one of them threw: nothing else would report it. */
  dispatchEvent(event: Event): boolean {
    event.target = event.currentTarget = this
    const failures: unknown[] = []
    for (const { type, listener, once } of this.#registrations) {
      if (type !== event.type) continue
      if (once) this.removeEventListener(type, listener)
      try {
        if (typeof listener === 'function') listener.call(this, event)
        else listener.handleEvent(event)
      } catch (error) {
        failures.push(error)
      }
      if (event.stopped) break
    }
    event.currentTarget = null
    if (failures.length > 0) throw failures[0]
    return !event.defaultPrevented
  }
}

const CREATE = Symbol('only AbortController and AbortSignal make signals')
/** Aborts a signal. Only signals and their controllers can do this. */
let trigger: (signal: AbortSignal, reason: unknown) => void

export class AbortSignal extends EventTarget {
  #aborted = false
  #reason: unknown = undefined
  onabort: ((event: Event) => unknown) | null = null

  constructor(permission: symbol) {
    if (permission !== CREATE) throw new TypeError('Illegal constructor')
    super()
    define(this, 'onabort', null)
  }

  get aborted(): boolean {
    return this.#aborted
  }
  get reason(): unknown {
    return this.#reason
  }
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(CREATE)
    trigger(signal, reason)
    return signal
  }
  static timeout(ms: number): AbortSignal {
    const signal = new AbortSignal(CREATE)
    setTimeout(() => trigger(signal, domException('The operation timed out', 'TimeoutError')), ms)
    return signal
  }
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const combined = new AbortSignal(CREATE)
    for (const signal of signals) {
      if (signal.aborted) return AbortSignal.abort(signal.reason)
      signal.addEventListener('abort', () => trigger(combined, signal.reason), { once: true })
    }
    return combined
  }

  static {
    trigger = (signal, reason) => {
      if (signal.#aborted) return
      signal.#aborted = true
      signal.#reason = reason === undefined ? domException('This operation was aborted', 'AbortError') : reason
      const event = new Event('abort')
      signal.onabort?.call(signal, event)
      signal.dispatchEvent(event)
    }
  }
}

export class AbortController {
  readonly signal = new AbortSignal(CREATE)
  abort(reason?: unknown): void {
    trigger(this.signal, reason)
  }
}
