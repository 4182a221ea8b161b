import type { Guest, GuestInit, GuestRuntime, SandboxAdapter } from './contract.ts'
import { SandboxError } from './errors.ts'
import type { Guarantees } from './guarantees.ts'
import { guestRuntime } from './guest/runtime.generated.ts'
import { assertKnownOptions } from './options.ts'
import { type PreparedProgram, prepareProgram } from './program/program.ts'
import type { ProgramReader, ReaderTask } from './program/program-reader.ts'

/** Where an embedder's programs run. Made by an adapter's package; may serve any number of code modes. */
export interface Sandbox extends AsyncDisposable {
  readonly name: string
  readonly guarantees: Guarantees
  /** Ends every guest. Idempotent. */
  close(): Promise<void>
  /** @internal For `createCodeMode`; a registered symbol, so that two copies of this package still meet. */
  readonly [GUESTS]: GuestSource
}

const GUESTS: unique symbol = Symbol.for('glovebox.sandbox.guests.1') as never

/** What an execution needs of a sandbox. */
export interface GuestSource {
  readonly adapter: SandboxAdapter
  /** Absent where the platform has nothing that could be ended. */
  readonly reader: ProgramReader | undefined
  /** @throws as `ProgramReader.read` does; `SandboxError` `SANDBOX_CLOSED` where the sandbox is closed meanwhile */
  prepare(text: string, task: ReaderTask): Promise<PreparedProgram>
  /** @throws as `ProgramReader.check` does; `SandboxError` `SANDBOX_CLOSED` where the sandbox is closed meanwhile */
  readonly check: CheckElsewhere | undefined
  /** Makes guests ready ahead of the first need. What fails is met again, and told, by whoever takes one. */
  warm(memoryBytes: number): void
  /** A guest that is ready now. */
  takeReady(memoryBytes: number): Guest | undefined
  /** @param alone in quarantine: one that shares no process and no thread, made now */
  take(memoryBytes: number, signal: AbortSignal, alone?: boolean): Promise<Guest>
  /** Follows a guest's end, so that closing the sandbox waits for it. */
  retire(guest: Guest): void
}

/** Checks a value, given as the codec's text, where that can be stopped. Resolves to what is wrong with it. */
export type CheckElsewhere = ProgramReader['check']

export interface SandboxOptions {
  /** Number of guests made ahead of need. */
  readonly ready: number
  /**
   * Reads programs where a hostile text can be stopped, such as `createProgramReader()` of @glovebox/adapter-node. The sandbox
   * closes it. Default: none; programs are then read on the caller's thread, and `guarantees.stopsReading` is false.
   */
  readonly reader?: ProgramReader | undefined
}

/** About 3,000 calls deep on QuickJS: enough for sensible programs, and its built-ins overflow no thread. */
const STACK_BYTES = 512 * 1024
const FILL_DELAY_MS = 5

/** Makes the sandbox that embedders hold from the adapter that a backend provides. */
export function createSandbox(adapter: SandboxAdapter, options: SandboxOptions): Sandbox {
  assertKnownOptions('createSandbox()', options, ['ready', 'reader'])
  return new AdapterSandbox(adapter, guestRuntime, options)
}

/** @throws `TypeError` for what is not a sandbox */
export function guestsOf(sandbox: Sandbox): GuestSource {
  const guests = (sandbox as Partial<Sandbox> | undefined)?.[GUESTS]
  if (guests === undefined)
    throw new TypeError('`sandbox` must be a sandbox, such as `quickjs()` of @glovebox/quickjs makes')
  return guests
}

/**
 * What a sandbox stands on, for those who prove a backend: it serves guests without an execution around them.
 *
 * @throws `TypeError` for what is not a sandbox
 */
export function adapterOf(sandbox: Sandbox): SandboxAdapter {
  return guestsOf(sandbox).adapter
}

/**
 * The reader of a sandbox, for code that builds another sandbox on the same adapter.
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

/** The guests of one memory limit. A guest that comes up goes to whoever waits longest, or is kept ready. */
interface Lane {
  readonly memoryBytes: number
  readonly ready: Guest[]
  readonly waiters: Waiter[]
  starting: number
}

class AdapterSandbox implements Sandbox, GuestSource {
  readonly adapter: SandboxAdapter
  readonly reader: ProgramReader | undefined
  readonly guarantees: Guarantees
  readonly check: CheckElsewhere | undefined
  readonly #runtime: GuestRuntime
  readonly #keepReady: number
  /** Ends what the reader does for this sandbox, which other sandboxes may share. */
  readonly #reading = new AbortController()
  readonly #lanes = new Map<number, Lane>()
  readonly #ending = new Set<Promise<unknown>>()
  /** The lane used last: guests are kept ready only there. */
  #current: Lane | undefined
  #fillTimer: ReturnType<typeof setTimeout> | undefined
  #closing: Promise<void> | undefined

  constructor(adapter: SandboxAdapter, runtime: GuestRuntime, { ready, reader }: SandboxOptions) {
    this.adapter = adapter
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

  /** The same task, which ends with the sandbox as well. */
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

  /** Making the next guest would slow down the program that has just begun or ended; most end within this time. */
  #fillSoon(lane: Lane): void {
    this.#fillTimer ??= setTimeout(() => {
      this.#fillTimer = undefined
      this.#fill(lane)
    }, FILL_DELAY_MS)
  }

  #fill(lane: Lane): void {
    if (this.#closing !== undefined) return
    const wanted = lane.waiters.length + (lane === this.#current ? this.#keepReady : 0)
    while (lane.ready.length + lane.starting < wanted) this.#start(lane)
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
      },
      (error: unknown) => {
        lane.starting--
        // A guest that is needed later may be made: requests that arrived since do not receive this failure.
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
    // One that dies while it waits is simply not there.
    guest.exited.then(() => {
      const index = lane.ready.indexOf(guest)
      if (index >= 0) lane.ready.splice(index, 1)
    })
  }
}
