import type { Guest, GuestInit, GuestRuntime, SandboxAdapter } from '../contract/adapter.ts'
import { SandboxError } from '../contract/errors.ts'
import type { Guarantees } from '../contract/guarantees.ts'
import { assertKnownOptions } from '../contract/options.ts'
import { guestRuntime } from '../guest/runtime.generated.ts'
import { type PreparedProgram, prepareProgram } from '../program/program.ts'
import type { ProgramReader, ReaderTask } from '../program/program-reader.ts'

/** Runs programs in isolated guests. One sandbox can serve any number of code modes. */
export interface Sandbox extends AsyncDisposable {
  /** Name of the sandbox, such as `quickjs`. */
  readonly name: string
  /** Security properties of the sandbox. */
  readonly guarantees: Guarantees
  /** Terminates every guest and closes the adapter and the program reader. Idempotent. */
  close(): Promise<void>
  /** @internal For `createCodeMode`. The symbol is registered, so that two copies of this package can work together. */
  readonly [GUESTS]: GuestSource
}

const GUESTS: unique symbol = Symbol.for('glovebox.sandbox.guests.1') as never

/** The internal interface of a sandbox, for executions. */
export interface GuestSource {
  readonly adapter: SandboxAdapter
  /** Build of the guest runtime. */
  readonly runtime: string
  /** Reader that the sandbox was created with. */
  readonly reader: ProgramReader | undefined
  /**
   * Parses a program in the reader, or on the caller's thread if there is no reader.
   *
   * @throws the errors of `ProgramReader.read`; `SandboxError` `SANDBOX_CLOSED` if the sandbox is closed meanwhile
   */
  prepare(text: string, task: ReaderTask): Promise<PreparedProgram>
  /**
   * Validates a value in the reader. Absent if there is no reader.
   *
   * @throws the errors of `ProgramReader.check`; `SandboxError` `SANDBOX_CLOSED` if the sandbox is closed meanwhile
   */
  readonly check: CheckElsewhere | undefined
  /** Starts guests in advance. A failure here is ignored; the next `take()` reports it. */
  warm(memoryBytes: number): void
  /** Returns a guest that is ready, or undefined if there is none. */
  takeReady(memoryBytes: number): Guest | undefined
  /**
   * Resolves to a guest that is ready or, if there is none, to a new one.
   *
   * @param alone whether to start a guest that shares no process and no thread. Default: false.
   */
  take(memoryBytes: number, signal: AbortSignal, alone?: boolean): Promise<Guest>
  /** Terminates a guest. Closing the sandbox waits until the guest has exited. */
  retire(guest: Guest): void
}

/** Validates an encoded value in the reader. Resolves to the problems found, or to an empty list for a valid value. */
export type CheckElsewhere = ProgramReader['check']

/** Options for {@link createSandbox}. */
export interface SandboxOptions {
  /** Number of guests that are started in advance. */
  readonly ready: number
  /**
   * Parses programs in a separate process that can be stopped, such as `createProgramReader()` from
   * @glovebox/adapter-node. The sandbox closes it. Default: none. Without a reader, programs are parsed on the caller's
   * thread and `guarantees.stopsReading` is false.
   */
  readonly reader?: ProgramReader | undefined
}

/**
 * Stack size of a guest. It allows about 3,000 nested calls on QuickJS, which is enough for sensible programs, and its
 * built-ins do not overflow a thread's stack.
 */
const STACK_BYTES = 512 * 1024
/**
 * Maximum number of guests that start at the same time. When thousands of programs begin together, most of them end
 * before the last ones have a guest, so their guests never take up memory together.
 */
const MAX_STARTING = 64
/** Delay before the next guest is started. */
const FILL_DELAY_MS = 5

/**
 * Creates a sandbox from an adapter. Packages that add a backend use it to implement their public factory function.
 *
 * @example
 * ```ts
 * export function myBackend(): Sandbox {
 *   return createSandbox(new MyAdapter(), { ready: 1, reader: createProgramReader() })
 * }
 * ```
 *
 * @throws `TypeError` for an unknown option
 */
export function createSandbox(adapter: SandboxAdapter, options: SandboxOptions): Sandbox {
  assertKnownOptions('createSandbox()', options, ['ready', 'reader'])
  return new AdapterSandbox(adapter, guestRuntime, options)
}

/**
 * Returns the internal interface of a sandbox.
 *
 * @throws `TypeError` for a value that is not a sandbox
 */
export function guestsOf(sandbox: Sandbox): GuestSource {
  const guests = (sandbox as Partial<Sandbox> | undefined)?.[GUESTS]
  if (guests === undefined)
    throw new TypeError('`sandbox` must be a sandbox, such as the result of `quickjs()` from @glovebox/quickjs')
  return guests
}

/**
 * Returns the adapter of a sandbox, for tests of a backend that start guests directly.
 *
 * @throws `TypeError` for a value that is not a sandbox
 */
export function adapterOf(sandbox: Sandbox): SandboxAdapter {
  return guestsOf(sandbox).adapter
}

/**
 * Returns the reader of a sandbox, for code that creates another sandbox with the same adapter.
 *
 * @throws `TypeError` for a value that is not a sandbox
 */
export function readerOf(sandbox: Sandbox): ProgramReader | undefined {
  return guestsOf(sandbox).reader
}

interface Waiter {
  resolve(guest: Guest): void
  reject(reason: unknown): void
}

/** The guests with one memory limit. A new guest serves the oldest request, or is kept ready if there is none. */
interface Lane {
  readonly memoryBytes: number
  readonly ready: Guest[]
  readonly waiters: Waiter[]
  starting: number
}

class AdapterSandbox implements Sandbox, GuestSource {
  readonly adapter: SandboxAdapter
  readonly runtime: string
  readonly reader: ProgramReader | undefined
  readonly guarantees: Guarantees
  readonly check: CheckElsewhere | undefined
  readonly #runtime: GuestRuntime
  readonly #keepReady: number
  /** Aborts the work of the reader for this sandbox. Other sandboxes may share the reader. */
  readonly #reading = new AbortController()
  readonly #lanes = new Map<number, Lane>()
  readonly #ending = new Set<Promise<unknown>>()
  /** The lane that was used last. Only this lane keeps guests ready. */
  #current: Lane | undefined
  #fillTimer: ReturnType<typeof setTimeout> | undefined
  #closing: Promise<void> | undefined

  constructor(adapter: SandboxAdapter, runtime: GuestRuntime, { ready, reader }: SandboxOptions) {
    this.adapter = adapter
    this.runtime = runtime.id
    this.reader = reader
    this.guarantees = { ...adapter.guarantees, stopsReading: reader !== undefined }
    this.check = reader && ((schema, payload, task) => reader.check(schema, payload, this.#until(task)))
    this.#runtime = runtime
    this.#keepReady = ready
  }

  get name(): string {
    return this.adapter.name
  }
  get [GUESTS](): GuestSource {
    return this
  }

  prepare(text: string, task: ReaderTask): Promise<PreparedProgram> {
    return this.reader?.read(text, this.#until(task)) ?? prepareProgram(text)
  }

  warm(memoryBytes: number): void {
    if (this.#current === undefined) this.#fill(this.#switchTo(memoryBytes))
  }

  takeReady(memoryBytes: number): Guest | undefined {
    if (this.#closing !== undefined) return undefined
    const lane = this.#switchTo(memoryBytes)
    const guest = lane.ready.pop()
    if (guest !== undefined) this.#fillSoon(lane)
    return guest
  }

  take(memoryBytes: number, signal: AbortSignal, alone = false): Promise<Guest> {
    if (this.#closing !== undefined) return Promise.reject(this.#closedError())
    if (signal.aborted) return Promise.reject(signal.reason)
    if (alone) return this.adapter.start({ ...this.#init(memoryBytes), alone, signal })
    const guest = this.takeReady(memoryBytes)
    if (guest !== undefined) return Promise.resolve(guest)
    const lane = this.#switchTo(memoryBytes)
    return new Promise((resolve, reject) => {
      const abandon = () => {
        lane.waiters.splice(lane.waiters.indexOf(waiter), 1)
        reject(signal.reason)
      }
      const settled = () => signal.removeEventListener('abort', abandon)
      const waiter: Waiter = {
        resolve: (started) => {
          settled()
          resolve(started)
        },
        reject: (reason) => {
          settled()
          reject(reason)
        },
      }
      signal.addEventListener('abort', abandon, { once: true })
      lane.waiters.push(waiter)
      this.#fill(lane)
    })
  }

  retire(guest: Guest): void {
    const ended = guest.terminate().finally(() => this.#ending.delete(ended))
    this.#ending.add(ended)
    if (this.#current !== undefined) this.#fillSoon(this.#current)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Returns the task with a signal that closing the sandbox aborts, too. */
  #until<Task extends ReaderTask>(task: Task): Task {
    return { ...task, signal: AbortSignal.any([task.signal, this.#reading.signal]) }
  }

  async #close(): Promise<void> {
    this.#reading.abort(this.#closedError())
    clearTimeout(this.#fillTimer)
    for (const lane of this.#lanes.values()) {
      for (const waiter of lane.waiters.splice(0)) waiter.reject(this.#closedError())
      for (const guest of lane.ready.splice(0)) this.retire(guest)
    }
    await Promise.allSettled(this.#ending)
    await Promise.all([this.adapter.close(), this.reader?.close()])
  }

  #closedError(): SandboxError {
    return new SandboxError('SANDBOX_CLOSED', `The sandbox ${this.name} is closed`)
  }

  #switchTo(memoryBytes: number): Lane {
    let lane = this.#lanes.get(memoryBytes)
    if (lane === undefined) {
      lane = { memoryBytes, ready: [], waiters: [], starting: 0 }
      this.#lanes.set(memoryBytes, lane)
    }
    const previous = this.#current
    this.#current = lane
    if (previous !== undefined && previous !== lane) {
      for (const stale of previous.ready.splice(0)) this.retire(stale)
      if (previous.waiters.length === 0 && previous.starting === 0) this.#lanes.delete(previous.memoryBytes)
    }
    return lane
  }

  /**
   * Waits before starting a guest: the start would slow down a program that has just begun. Most end within this time.
   */
  #fillSoon(lane: Lane): void {
    this.#fillTimer ??= setTimeout(() => {
      this.#fillTimer = undefined
      this.#fill(lane)
    }, FILL_DELAY_MS)
  }

  #fill(lane: Lane): void {
    if (this.#closing !== undefined) return
    const wanted = lane.waiters.length + (lane === this.#current ? this.#keepReady : 0)
    while (lane.ready.length + lane.starting < wanted && lane.starting < MAX_STARTING) this.#start(lane)
  }

  #start(lane: Lane): void {
    lane.starting++
    const waiting = new Set(lane.waiters)
    this.adapter.start(this.#init(lane.memoryBytes)).then(
      (guest) => {
        lane.starting--
        const waiter = lane.waiters.shift()
        if (waiter !== undefined) waiter.resolve(guest)
        else this.#keep(lane, guest)
        if (lane.waiters.length > 0) this.#fill(lane)
      },
      (error: unknown) => {
        lane.starting--
        // Requests that arrived after the start do not receive this failure: their own start may succeed.
        const index = lane.waiters.findIndex((waiter) => waiting.has(waiter))
        if (index >= 0) lane.waiters.splice(index, 1)[0]?.reject(error)
        if (lane.waiters.length > 0) this.#fill(lane)
      },
    )
  }

  #init(memoryBytes: number): GuestInit {
    return { runtime: this.#runtime, memoryBytes, stackBytes: STACK_BYTES, alone: false }
  }

  #keep(lane: Lane, guest: Guest): void {
    if (this.#closing !== undefined || lane !== this.#current || lane.ready.length >= this.#keepReady) {
      return this.retire(guest)
    }
    lane.ready.push(guest)
    // A guest that exits while it is ready is removed.
    guest.exited.then(() => {
      const index = lane.ready.indexOf(guest)
      if (index >= 0) lane.ready.splice(index, 1)
    })
  }
}
