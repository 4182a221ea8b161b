import { SandboxError } from '../contract/errors.ts'
import { unref } from './timers.ts'

export interface PoolOptions<Member> {
  /** Number of members that are always kept. The first `acquire` that waits creates them. */
  readonly min: number
  /** Maximum number of members. */
  readonly max: number
  /** Maximum number of holders of a member at the same time. Default: 1. */
  readonly most?: number
  /** Milliseconds that requests wait while no member takes any of them, before another member is created. */
  readonly growAfterMs: number
  /** Milliseconds after which an idle member is destroyed, if there are more than `min`. */
  readonly idleMs: number
  /** Whether a member can take another holder at present. Call `offer()` when that changes. Default: always. */
  accepts?(member: Member): boolean
  /**
   * Creates a member.
   *
   * @param signal aborts the creation when the pool closes
   */
  create(signal: AbortSignal): Promise<Member>
  destroy(member: Member): Promise<void>
}

interface Waiter<Member> {
  resolve(member: Member): void
  reject(reason: unknown): void
}

interface State {
  holders: number
  idleTimer?: ReturnType<typeof setTimeout> | undefined
}

/** Delay in milliseconds after which requests are offered to members that may have become free. */
const OFFER_MS = 1

/**
 * Pool of the threads or processes of an adapter, which are reused, unlike the guests in them.
 *
 * Existing pools (tarn, generic-pool) grow immediately. On a machine with few cores, a burst of short executions would
 * then start threads that cost more than the wait. This pool lets requests wait while members serve others, and grows
 * only if none of them does.
 */
export class Pool<Member extends object> implements AsyncDisposable {
  readonly #options: PoolOptions<Member>
  readonly #most: number
  readonly #members = new Map<Member, State>()
  readonly #waiters: Waiter<Member>[] = []
  /** Members that have just taken a holder, which they do not know yet. */
  readonly #taken = new Set<Member>()
  readonly #work = new Set<Promise<unknown>>()
  #growTimer: ReturnType<typeof setTimeout> | undefined
  #offerTimer: ReturnType<typeof setTimeout> | undefined
  #creating = 0
  /** Whether a member has taken a request since the last check. */
  #isServing = false
  readonly #closed = new AbortController()
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(options: PoolOptions<Member>) {
    this.#options = options
    this.#most = options.most ?? 1
  }

  /**
   * Takes a member, or waits for one.
   *
   * @throws the errors of `create`; `SandboxError` `SANDBOX_CLOSED`; the signal's reason
   */
  acquire(signal?: AbortSignal): Promise<Member> {
    if (this.#isClosed) return Promise.reject(closed())
    if (signal?.aborted) return Promise.reject(signal.reason)
    const member = this.#waiters.length === 0 ? this.#freest() : undefined
    if (member !== undefined) return Promise.resolve(this.#grant(member))
    return new Promise((resolve, reject) => {
      const abandon = () => {
        const index = this.#waiters.indexOf(waiter)
        if (index >= 0) this.#waiters.splice(index, 1)
        reject(signal?.reason)
      }
      const waiter: Waiter<Member> = {
        resolve: (granted) => {
          signal?.removeEventListener('abort', abandon)
          resolve(granted)
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', abandon)
          reject(reason)
        },
      }
      signal?.addEventListener('abort', abandon, { once: true })
      this.#waiters.push(waiter)
      this.#keepWarm()
      this.#growLater()
      this.offer()
    })
  }

  /** Offers members to waiting requests soon, because one may take another holder. */
  offer(): void {
    if (this.#waiters.length > 0) this.#offerLater()
  }

  #offerLater(): void {
    this.#offerTimer ??= setTimeout(() => {
      this.#offerTimer = undefined
      this.#taken.clear()
      this.#serve()
      this.offer()
    }, OFFER_MS)
  }

  /** Releases a member that can be reused. */
  release(member: Member): void {
    const state = this.#members.get(member)
    if (state === undefined) return
    state.holders--
    this.#taken.delete(member)
    if (this.#isClosed) return this.discard(member)
    this.#serve()
    if (state.holders > 0) return
    this.#retireLater(member, state)
  }

  /** Removes a member and destroys it. Does nothing for a member that was already removed. */
  discard(member: Member): void {
    const state = this.#members.get(member)
    if (state === undefined) return
    this.#members.delete(member)
    clearTimeout(state.idleTimer)
    this.#track(this.#options.destroy(member))
    if (!this.#isClosed) this.#keepWarm()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    this.#closed.abort(closed())
    clearTimeout(this.#growTimer)
    clearTimeout(this.#offerTimer)
    for (const waiter of this.#waiters.splice(0)) waiter.reject(closed())
    for (const member of [...this.#members.keys()]) this.discard(member)
    while (this.#work.size > 0) await Promise.allSettled(this.#work)
  }

  /** Returns the member with the fewest holders among those that take another. */
  #freest(): Member | undefined {
    let freest: Member | undefined
    let fewest = this.#most
    for (const [member, { holders }] of this.#members) {
      if (holders >= fewest || this.#taken.has(member) || this.#options.accepts?.(member) === false) continue
      freest = member
      fewest = holders
    }
    return freest
  }

  #grant(member: Member): Member {
    const state = this.#members.get(member) as State
    state.holders++
    this.#taken.add(member)
    this.#offerLater()
    clearTimeout(state.idleTimer)
    return member
  }

  #serve(): void {
    while (this.#waiters.length > 0) {
      const member = this.#freest()
      if (member === undefined) return
      this.#isServing = true
      this.#waiters.shift()?.resolve(this.#grant(member))
    }
  }

  #retireLater(member: Member, state: State): void {
    if (this.#members.size <= this.#options.min) return
    clearTimeout(state.idleTimer)
    state.idleTimer = setTimeout(() => {
      if (this.#members.size > this.#options.min) this.discard(member)
    }, this.#options.idleMs)
    unref(state.idleTimer)
  }

  #keepWarm(): void {
    while (this.#members.size + this.#creating < this.#options.min) this.#create()
  }

  #growLater(): void {
    if (this.#growTimer !== undefined) return
    this.#isServing = false
    this.#growTimer = setTimeout(() => {
      this.#growTimer = undefined
      this.#serve()
      if (this.#waiters.length === 0) return
      if (!this.#isServing && this.#creating === 0 && this.#members.size < this.#options.max) this.#create()
      this.#growLater()
    }, this.#options.growAfterMs)
  }

  #create(): void {
    this.#creating++
    const waiting = new Set(this.#waiters)
    const creation = this.#options.create(this.#closed.signal).then(
      (member) => {
        this.#creating--
        // A new member is treated like a released one, which serves the waiting requests.
        this.#members.set(member, { holders: 1 })
        this.release(member)
      },
      (error: unknown) => {
        this.#creating--
        // Existing members take the requests later.
        if (this.#members.size > 0) return
        // Another attempt would fail for the other requests as well.
        const waiters = this.#waiters.splice(0)
        // Requests that arrived after the creation began get another attempt, which may succeed.
        this.#waiters.push(...waiters.filter((waiter) => !waiting.has(waiter)))
        for (const waiter of waiters) if (waiting.has(waiter)) waiter.reject(error)
        if (this.#waiters.length > 0 && this.#creating === 0 && !this.#isClosed) this.#create()
      },
    )
    this.#track(creation)
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#work.delete(tracked))
    this.#work.add(tracked)
    tracked.catch(() => {})
  }
}

const closed = () => new SandboxError('SANDBOX_CLOSED', 'The sandbox is closed')
