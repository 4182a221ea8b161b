import {
  isFiniteNumber,
  mapDelete,
  mapGet,
  mapSet,
  OriginalMap,
  OriginalNumber,
  reflectApply,
  trunc,
} from '../protocol/intrinsics.ts'
import { clock } from './clock.ts'
import { define, named } from './define.ts'

interface Timer {
  readonly id: number
  readonly callback: (...rest: unknown[]) => void
  readonly rest: unknown[]
  /** Interval in milliseconds. Undefined for a timeout. */
  readonly every: number | undefined
  due: number
}

/** Maximum delay in milliseconds. Longer delays become 1 ms, as in Node. */
const MAX_DELAY_MS = 2 ** 31 - 1

/**
 * Implements timers on the host's clock. The guest sends the time of its next timer. Each wake-up fires one timer, so
 * that promise callbacks run between two timers as in Node. The host keeps only one timer, however many are set here.
 */
export class Timers {
  readonly #live = new OriginalMap<number, Timer>()
  /** Binary heap, ordered by due time, then by age. Cleared timers stay until they reach the top. */
  readonly #heap: Timer[] = []
  readonly #wake: (at: number | null) => void
  #asked: number | null = null
  #isAsking = false
  #count = 0

  constructor(wake: (at: number | null) => void) {
    this.#wake = wake
  }

  install(): void {
    const set =
      (repeat: boolean) =>
      (callback: unknown, delay?: unknown, ...rest: unknown[]): number => {
        if (typeof callback !== 'function') throw new TypeError('The callback must be a function')
        const asked = OriginalNumber(delay)
        const ms = isFiniteNumber(asked) && asked >= 1 && asked <= MAX_DELAY_MS ? trunc(asked) : 1
        const id = ++this.#count
        const timer: Timer = {
          id,
          callback: callback as never,
          rest,
          every: repeat ? ms : undefined,
          due: clock.now + ms,
        }
        mapSet(this.#live, id, timer)
        this.#push(timer)
        this.#ask()
        return id
      }
    const clear = (id: unknown): void => {
      if (!mapDelete(this.#live, OriginalNumber(id))) return
      this.#dropCleared()
      this.#ask()
    }
    const setTimeout = set(false)
    define(globalThis, 'setTimeout', named('setTimeout', setTimeout))
    define(globalThis, 'setInterval', named('setInterval', set(true)))
    const setImmediate = (callback: unknown, ...rest: unknown[]): number => setTimeout(callback, 0, ...rest)
    define(globalThis, 'setImmediate', named('setImmediate', setImmediate))
    define(globalThis, 'clearTimeout', named('clearTimeout', clear))
    define(globalThis, 'clearImmediate', named('clearImmediate', clear))
    define(globalThis, 'clearInterval', named('clearInterval', clear))
  }

  /** Fires the timer that is due first. Throws the error that its callback throws. */
  fire(): void {
    this.#asked = null
    this.#dropCleared()
    const timer = this.#heap[0]
    if (timer !== undefined && timer.due <= clock.now) {
      this.#pop()
      if (timer.every === undefined) {
        mapDelete(this.#live, timer.id)
      } else {
        timer.due = clock.now + timer.every
        this.#push(timer)
      }
      this.#ask()
      reflectApply(timer.callback, undefined, timer.rest)
    } else {
      this.#ask()
    }
  }

  /** Requests the next wake-up after the current job, in which a program may change its timers ten thousand times. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    await undefined
    this.#isAsking = false
    this.#dropCleared()
    const next = this.#heap[0]?.due ?? null
    if (next === this.#asked) return
    this.#asked = next
    this.#wake(next)
  }

  #dropCleared(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (mapGet(this.#live, first.id) === first) return
      this.#pop()
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(timer, heap[parent] as Timer)) break
      heap[at] = heap[parent] as Timer
      at = parent
    }
    heap[at] = timer
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap[heap.length - 1] as Timer
    heap.length -= 1
    const length = heap.length
    if (length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child++
      if (!isBefore(heap[child] as Timer, last)) break
      heap[at] = heap[child] as Timer
      at = child
    }
    heap[at] = last
  }
}

const isBefore = (left: Timer, right: Timer): boolean =>
  left.due !== right.due ? left.due < right.due : left.id < right.id
