import { SandboxError } from './errors.ts'

export interface PoolOptions<Member> {
  /** How many are kept warm. The first `acquire` starts them. */
  readonly min: number
  readonly max: number
  /** How long requests wait while no member comes back, before another is made, up to `max`. */
  readonly growAfterMs: number
  /** How long one above `min` may stand idle. */
  readonly idleMs: number
  create(): Promise<Member>
  destroy(member: Member): Promise<void>
}

interface Waiter<Member> {
  resolve(member: Member): void
  reject(reason: unknown): void
}

/**
 * The threads or processes of an adapter. Each serves one holder at a time and is used again, unlike the guests in it.
 * Kept pools (tarn, generic-pool) grow at once: on a machine with few cores a burst of short executions would then
 * start threads that cost more than the wait, so this one grows only when all its members stay busy.
 */
export class Pool<Member extends object> implements AsyncDisposable {
  readonly #options: PoolOptions<Member>
  readonly #idle: Member[] = []
  readonly #idleTimers = new Map<Member, ReturnType<typeof setTimeout>>()
  readonly #members = new Set<Member>()
  readonly #waiters: Waiter<Member>[] = []
  readonly #work = new Set<Promise<unknown>>()
  #growTimer: ReturnType<typeof setTimeout> | undefined
  #creating = 0
  /** Whether a member came back since the last look: then those who wait are being served. */
  #returned = false
  #closing: Promise<void> | undefined

  constructor(options: PoolOptions<Member>) {
    this.#options = options
  }

  /** @throws whatever `create` throws; `SandboxError` `SANDBOX_CLOSED`; the signal's reason */
  acquire(signal?: AbortSignal): Promise<Member> {
    if (this.#closing !== undefined) return Promise.reject(closed())
    if (signal?.aborted) return Promise.reject(signal.reason)
    const member = this.#idle.pop()
    if (member !== undefined) {
      clearTimeout(this.#idleTimers.get(member))
      this.#idleTimers.delete(member)
      return Promise.resolve(member)
    }
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
    })
  }

  /** Gives a member back that can serve again. */
  release(member: Member): void {
    if (!this.#members.has(member)) return
    this.#returned = true
    if (this.#closing !== undefined) return this.discard(member)
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) return waiter.resolve(member)
    this.#idle.push(member)
    if (this.#members.size > this.#options.min) {
      const timer = setTimeout(() => {
        if (this.#members.size > this.#options.min) this.discard(member)
      }, this.#options.idleMs)
      unref(timer)
      this.#idleTimers.set(member, timer)
    }
  }

  /** Takes a member out for good and destroys it. Does nothing for one that is already out. */
  discard(member: Member): void {
    if (!this.#members.delete(member)) return
    clearTimeout(this.#idleTimers.get(member))
    this.#idleTimers.delete(member)
    const index = this.#idle.indexOf(member)
    if (index >= 0) this.#idle.splice(index, 1)
    this.#track(this.#options.destroy(member))
    if (this.#waiters.length > 0) this.#keepWarm()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    clearTimeout(this.#growTimer)
    for (const waiter of this.#waiters.splice(0)) waiter.reject(closed())
    for (const member of [...this.#members]) this.discard(member)
    while (this.#work.size > 0) await Promise.allSettled(this.#work)
  }

  #keepWarm(): void {
    while (this.#members.size + this.#creating < this.#options.min) this.#create()
  }

  #growLater(): void {
    if (this.#growTimer !== undefined) return
    this.#returned = false
    this.#growTimer = setTimeout(() => {
      this.#growTimer = undefined
      if (this.#waiters.length === 0) return
      const isStuck = !this.#returned && this.#creating === 0
      if (isStuck && this.#members.size < this.#options.max) this.#create()
      this.#growLater()
    }, this.#options.growAfterMs)
  }

  #create(): void {
    this.#creating++
    const creation = this.#options.create().then(
      (member) => {
        this.#creating--
        this.#members.add(member)
        this.release(member)
      },
      (error: unknown) => {
        this.#creating--
        // One that cannot be made would not be made for the others either.
        for (const waiter of this.#waiters.splice(0)) waiter.reject(error)
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

/** Node's timers keep a process alive unless told not to; elsewhere they are numbers. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
}
