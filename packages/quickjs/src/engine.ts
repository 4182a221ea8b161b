import type { GuestRuntime, RunInit, Turn } from '@glovebox/core/adapter'
import { createIntlService } from '@glovebox/core/guest'
import type { QuickJSSyncVariant } from '@jitl/quickjs-ffi-types'
import { Instance, NOTHING, Thrown, type Value } from './instance.ts'
import { BoundedMemory } from './memory.ts'
import { type MemorySnapshot, MemoryTracker, writeSnapshot } from './snapshot.ts'

export interface EngineOptions {
  readonly variant: QuickJSSyncVariant
  readonly module: WebAssembly.Module
  /** Initial size of the memory in pages, as the module requires. */
  readonly initialPages: number
  readonly runtime: GuestRuntime
  /** Snapshot of a guest that booted elsewhere with the same options. Default: the first guest boots. */
  readonly snapshot?: Snapshot | undefined
  /** Returns the CPU time of this thread in milliseconds, or the elapsed time if it is not measured. */
  readonly now: () => number
}

/** Memory of a booted guest, with the addresses of the runtime's functions in it. */
export interface Snapshot {
  readonly stackBytes: number
  readonly memory: MemorySnapshot
  /** Addresses of the host's functions. An instance in which they are others did not take the same steps. */
  readonly functions: readonly Value[]
  readonly load: Value
  readonly receive: Value
}

/** Creates guests on one thread. The first guest boots; later ones start from a snapshot of its memory. */
export class Engine {
  readonly #options: EngineOptions
  /** By stack size, which is part of the memory. */
  readonly #snapshots = new Map<number, Snapshot>()
  /** Memory of an earlier guest, already wiped. */
  #spare: BoundedMemory | undefined

  constructor(options: EngineOptions) {
    this.#options = options
    if (options.snapshot !== undefined) this.#snapshots.set(options.snapshot.stackBytes, options.snapshot)
  }

  /**
   * Creates a guest.
   *
   * @param isInterrupted returns whether the host wants the guest to end; called while the guest runs
   */
  async makeGuest(memoryBytes: number, stackBytes: number, isInterrupted = () => false): Promise<EngineGuest> {
    const { variant, module, runtime, now } = this.#options
    const bounded = this.#takeMemory(memoryBytes)
    const instance = await Instance.create({ variant, module, memory: bounded.memory, stackBytes })
    const guest = new EngineGuest(instance, bounded, { runtime, now, isInterrupted })
    const snapshot = this.#snapshots.get(stackBytes)
    if (snapshot === undefined || !guest.revive(snapshot)) this.#snapshots.set(stackBytes, guest.boot(stackBytes))
    return guest
  }

  /** Boots a guest for its snapshot. */
  async snapshot(memoryBytes: number, stackBytes: number): Promise<Snapshot> {
    await this.makeGuest(memoryBytes, stackBytes)
    return this.#snapshots.get(stackBytes) as Snapshot
  }

  /**
   * Ends a guest. If it ends between two turns, its memory is wiped and reused for the next guest; otherwise the memory
   * is dropped. A new memory for each guest would cost page faults, and a full garbage collection every few guests,
   * because V8 counts the memory that they hold.
   */
  retire(guest: EngineGuest): void {
    const memory = guest.end()
    if (this.#spare !== undefined) return
    memory?.wipe()
    this.#spare = memory
  }

  #takeMemory(bytes: number): BoundedMemory {
    const spare = this.#spare
    this.#spare = undefined
    return spare?.mayServe(bytes) ? spare : new BoundedMemory(this.#options.initialPages, bytes)
  }
}

/**
 * Callbacks and inputs of one run. The last output of a turn is passed to `onTurn`, so that a thread reports both in
 * one message.
 */
export interface EngineRun extends Pick<RunInit, 'program' | 'first' | 'limits' | 'onOutput'> {
  onTurn(turn: Turn, messages: readonly string[]): void
}

/**
 * Reason why a guest must not be used again. Its instance is dropped, never disposed: disposing after an abnormal end
 * aborts the engine.
 */
export type Fault =
  | { readonly why: 'limit'; readonly limit: 'memory' | 'stack' | 'cpu' | 'output' }
  | { readonly why: 'crashed'; readonly detail: string }

/** Maximum time in milliseconds, and maximum length in UTF-16 units, of output that waits for the end of its turn. */
const FLUSH_MS = 20
const FLUSH_LENGTH = 64 * 1024
/** Number of jobs that run between two checks of the limits. */
const JOBS_PER_CHECK = 1_000

interface EngineGuestOptions extends Pick<EngineOptions, 'runtime' | 'now'> {
  readonly isInterrupted: () => boolean
}

/** One instance of the engine, which holds one guest. */
export class EngineGuest {
  readonly #bounded: BoundedMemory
  readonly #instance: Instance
  readonly #now: () => number
  readonly #isInterrupted: () => boolean
  readonly #guestRuntime: GuestRuntime
  readonly #functions: readonly Value[]
  #load = NOTHING
  #receive = NOTHING
  #init: EngineRun | undefined
  #fault: Fault | undefined
  #isInTurn = false
  #turns = 0
  #cpuTimeMs = 0
  #turnStarted = 0
  #output: string[] = []
  #outputLength = 0
  #unflushedLength = 0
  #flushedAt = 0

  constructor(instance: Instance, bounded: BoundedMemory, options: EngineGuestOptions) {
    this.#instance = instance
    this.#bounded = bounded
    this.#guestRuntime = options.runtime
    this.#now = options.now
    this.#isInterrupted = options.isInterrupted
    instance.shouldInterrupt = () => this.#shouldStop()
    const answer = createIntlService()
    // Also created for a guest from a snapshot, whose runtime refers to these functions by number.
    this.#functions = [
      instance.newFunction('post', (message) => this.#onPost(message)),
      instance.newFunction('library', (name) => this.#evaluateLibrary(name)),
      instance.newFunction('intl', (request) => instance.newString(answer(request))),
    ]
  }

  get cpuTimeMs(): number {
    return this.#cpuTimeMs
  }

  /** Evaluates the runtime and returns a snapshot of the memory that it changed. */
  boot(stackBytes: number): Snapshot {
    const instance = this.#instance
    const tracker = new MemoryTracker(this.#bounded.memory)
    const evaluate = instance.evaluate(this.#guestRuntime.source, 'glovebox:runtime')
    const machine = instance.call(evaluate, ...this.#functions)
    this.#load = instance.getProperty(machine, 'load')
    this.#receive = instance.getProperty(machine, 'receive')
    for (const value of [evaluate, machine]) instance.free(value)
    this.#runJobs()
    return {
      stackBytes,
      memory: tracker.changes(),
      functions: this.#functions,
      load: this.#load,
      receive: this.#receive,
    }
  }

  /** Restores the memory of a booted guest. Returns false if that guest did not take the same steps as this one. */
  revive({ memory, functions, load, receive }: Snapshot): boolean {
    if (!this.#functions.every((address, index) => address === functions[index])) return false
    writeSnapshot(memory, this.#bounded.memory)
    this.#load = load
    this.#receive = receive
    return true
  }

  /** Runs the first turn. */
  run(init: EngineRun): Fault | undefined {
    this.#init = init
    const instance = this.#instance
    return this.#turn(() => {
      let program: Value
      try {
        program = instance.evaluate(init.program.source, init.program.name)
      } catch (error) {
        return this.#describe(error, 'syntax')
      }
      instance.free(instance.call(this.#load, program))
      instance.free(program)
      this.#deliver(init.first)
      return undefined
    })
  }

  /**
   * Ends the guest, or the current turn if it is called from one of the turn's callbacks.
   *
   * @returns the memory if it may be reused, which is the case between two turns of a guest without a fault
   */
  end(): BoundedMemory | undefined {
    const isIntact = this.#fault === undefined && !this.#isInTurn
    this.#fault ??= { why: 'crashed', detail: 'its host ended it' }
    return isIntact ? this.#bounded : undefined
  }

  /** Runs one more turn. */
  send(message: string): Fault | undefined {
    return this.#turn(() => {
      this.#deliver(message)
      return undefined
    })
  }

  #deliver(message: string): void {
    const instance = this.#instance
    const text = instance.newString(message)
    instance.free(instance.call(this.#receive, text))
    instance.free(text)
    this.#runJobs()
  }

  #runJobs(): void {
    while (this.#instance.runJobs(JOBS_PER_CHECK) === JOBS_PER_CHECK) if (this.#shouldStop()) return
  }

  #turn(run: () => Turn['failed']): Fault | undefined {
    const init = this.#init as EngineRun
    this.#turnStarted = this.#now()
    this.#flushedAt = performance.now()
    this.#outputLength = 0
    let failed: Turn['failed']
    this.#isInTurn = true
    try {
      failed = run()
    } catch (error) {
      if (error instanceof Thrown) failed = this.#describe(error, 'runtime')
      // Recursion through built-ins can exhaust the thread's own stack before the engine's stack limit.
      else if (error instanceof RangeError) this.#fault ??= { why: 'limit', limit: 'stack' }
      else this.#fault ??= { why: 'crashed', detail: error instanceof Error ? error.message : String(error) }
    }
    this.#isInTurn = false
    this.#cpuTimeMs += this.#now() - this.#turnStarted
    if (this.#bounded.exhausted) this.#fault = { why: 'limit', limit: 'memory' }
    // Short turns end before the interrupt handler is called.
    else if (this.#cpuTimeMs > init.limits.cpuTimeMs) this.#fault ??= { why: 'limit', limit: 'cpu' }
    if (this.#fault !== undefined) {
      this.#flush()
      return this.#fault
    }
    const turn = {
      index: this.#turns++,
      cpuTimeMs: this.#cpuTimeMs,
      memoryBytes: this.#bounded.memory.buffer.byteLength,
    }
    init.onTurn(failed === undefined ? turn : { ...turn, failed }, this.#takeOutput())
    return undefined
  }

  /** Interrupt handler that the engine calls every few thousand steps. The program cannot catch the interruption. */
  #shouldStop(): boolean {
    if (this.#fault !== undefined || this.#bounded.exhausted) return true
    if (this.#isInterrupted()) {
      this.#fault = { why: 'crashed', detail: 'its host ended it' }
      return true
    }
    const limits = this.#init?.limits
    if (limits === undefined || this.#cpuTimeMs + this.#now() - this.#turnStarted <= limits.cpuTimeMs) return false
    this.#fault = { why: 'limit', limit: 'cpu' }
    return true
  }

  #evaluateLibrary(name: string): Value {
    const { libraries } = this.#guestRuntime
    const source = Object.hasOwn(libraries, name) ? (libraries[name] as string) : '() => {}'
    return this.#instance.evaluate(source, 'glovebox:library')
  }

  #onPost(message: string): Value {
    const limits = this.#init?.limits
    if (limits === undefined || this.#fault !== undefined) return NOTHING
    this.#outputLength += message.length
    if (this.#outputLength > limits.outputBytes) {
      this.#fault = { why: 'limit', limit: 'output' }
      return NOTHING
    }
    this.#output.push(message)
    this.#unflushedLength += message.length
    if (this.#unflushedLength > FLUSH_LENGTH || performance.now() - this.#flushedAt > FLUSH_MS) this.#flush()
    return NOTHING
  }

  #flush(): void {
    if (this.#output.length === 0) return
    this.#flushedAt = performance.now()
    this.#init?.onOutput(this.#takeOutput())
  }

  #takeOutput(): string[] {
    const messages = this.#output
    this.#output = []
    this.#unflushedLength = 0
    return messages
  }

  #describe(error: unknown, kind: 'syntax' | 'runtime'): NonNullable<Turn['failed']> {
    if (!(error instanceof Thrown)) throw error
    const { value } = error
    const text = (key: string) => this.#instance.getText(value, key)
    const described = { kind, name: text('name') || 'Error', message: text('message') }
    const place = /:(\d+):(\d+)\)?\s*$/m.exec(text('stack'))
    this.#instance.free(value)
    return place === null ? described : { ...described, line: Number(place[1]), column: Number(place[2]) }
  }
}
