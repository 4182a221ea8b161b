import type { GuestRuntime, RunInit, Turn } from '@glovebox/core/adapter'
import { createIntlService } from '@glovebox/core/guest'
import type {
  JSValueConstPointer,
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
  QuickJSSyncVariant,
  QuickJSWASMModule,
} from 'quickjs-emscripten-core'
import { newQuickJSWASMModuleFromVariant, newVariant, StaticLifetime } from 'quickjs-emscripten-core'
import { BoundedMemory } from './memory.ts'
import { type MemorySnapshot, MemoryTracker } from './snapshot.ts'

export interface EngineOptions {
  readonly variant: QuickJSSyncVariant
  readonly module: WebAssembly.Module
  /** Of memory, as the module asks for. */
  readonly initialPages: number
  readonly runtime: GuestRuntime
  /** CPU time of this thread in milliseconds, or the best stand-in. */
  readonly now: () => number
}

/** What a finished snapshot needs beside its memory: the machine's functions, by their address in it. */
interface Snapshot {
  readonly memory: MemorySnapshot
  readonly load: JSValueConstPointer
  readonly receive: JSValueConstPointer
}

/** Makes guests on one thread. The first one boots; later ones start from a snapshot of its memory. */
export class Engine {
  readonly #options: EngineOptions
  readonly #snapshots = new Map<number, Snapshot>()
  /** Wiped. */
  #spare: BoundedMemory | undefined

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** @param isInterrupted whether its host wants it to end, asked while it runs */
  async makeGuest(memoryBytes: number, stackBytes: number, isInterrupted = () => false): Promise<EngineGuest> {
    const { variant, module, runtime, now } = this.#options
    const bounded = this.#takeMemory(memoryBytes)
    const quickjs = await newQuickJSWASMModuleFromVariant(
      newVariant(variant, { wasmModule: module, wasmMemory: bounded.memory }),
    )
    const guest = new EngineGuest(quickjs, bounded, { runtime, stackBytes, now, isInterrupted })
    // The stack's size is part of the image.
    const snapshot = this.#snapshots.get(stackBytes)
    if (snapshot === undefined) this.#snapshots.set(stackBytes, guest.boot())
    else guest.revive(snapshot)
    return guest
  }

  /**
   * Ends a guest. The memory of one that ends between two turns is wiped for the next: a new one for each would cost page
   * faults, and a full garbage collection every few guests, as V8 counts what they hold. Of any other guest it is dropped.
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

/** A run as the engine reports it: what a turn sent last comes with its end, so that it costs one message to a thread. */
export interface EngineRun extends Pick<RunInit, 'program' | 'first' | 'limits' | 'onOutput'> {
  onTurn(turn: Turn, messages: readonly string[]): void
}

/** Why a guest must not be touched again. Its instance is dropped, never disposed: after an abnormal end that aborts. */
export type Fault =
  | { readonly why: 'limit'; readonly limit: 'memory' | 'stack' | 'cpu' | 'output' }
  | { readonly why: 'crashed'; readonly detail: string }

/** Output waits for the end of its turn, but not longer than this and not more than this. */
const FLUSH_MS = 20
const FLUSH_LENGTH = 64 * 1024
/** How many jobs run between two looks at the limits. */
const JOBS_PER_CHECK = 1_000

interface EngineGuestOptions extends Pick<EngineOptions, 'runtime' | 'now'> {
  readonly stackBytes: number
  readonly isInterrupted: () => boolean
}

/** One instance of the engine with one guest in it. */
export class EngineGuest {
  readonly #bounded: BoundedMemory
  readonly #runtime: QuickJSRuntime
  readonly #context: QuickJSContext
  readonly #now: () => number
  readonly #isInterrupted: () => boolean
  readonly #guestRuntime: GuestRuntime
  readonly #post: QuickJSHandle
  readonly #library: QuickJSHandle
  readonly #intl: QuickJSHandle
  #load: QuickJSHandle | undefined
  #receive: QuickJSHandle | undefined
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

  constructor(quickjs: QuickJSWASMModule, bounded: BoundedMemory, options: EngineGuestOptions) {
    this.#bounded = bounded
    this.#guestRuntime = options.runtime
    this.#now = options.now
    this.#isInterrupted = options.isInterrupted
    this.#runtime = quickjs.newRuntime()
    this.#runtime.setMaxStackSize(options.stackBytes)
    this.#runtime.setInterruptHandler(() => this.#shouldStop())
    this.#context = this.#runtime.newContext()
    // Made even for a revived guest, whose machine refers to them by their numbers.
    this.#post = this.#context.newFunction('post', (message) => this.#onPost(this.#context.getString(message)))
    this.#library = this.#context.newFunction('library', (name) => this.#evaluateLibrary(this.#context.getString(name)))
    const answer = createIntlService()
    this.#intl = this.#context.newFunction('intl', (request) =>
      this.#context.newString(answer(this.#context.getString(request))),
    )
  }

  get cpuTimeMs(): number {
    return this.#cpuTimeMs
  }

  /** Evaluates the runtime, and remembers what that changed in memory. */
  boot(): Snapshot {
    const context = this.#context
    const tracker = new MemoryTracker(this.#bounded.memory)
    const evaluate = context.unwrapResult(
      context.evalCode(this.#guestRuntime.source, 'glovebox:runtime', { type: 'global' }),
    )
    const machine = context.unwrapResult(
      context.callFunction(evaluate, context.undefined, this.#post, this.#library, this.#intl),
    )
    evaluate.dispose()
    this.#load = context.getProp(machine, 'load')
    this.#receive = context.getProp(machine, 'receive')
    machine.dispose()
    this.#runJobs()
    // The guest keeps both for as long as it lives, so a borrowed pointer is enough.
    const borrowed = (handle: QuickJSHandle) => handle.value as JSValueConstPointer
    return { memory: tracker.changes(), load: borrowed(this.#load), receive: borrowed(this.#receive) }
  }

  /** Takes over the memory of a guest that has booted by the same steps. */
  revive(snapshot: Snapshot): void {
    snapshot.memory.writeTo(this.#bounded.memory)
    // They live as long as the instance, so nothing ever disposes of them.
    this.#load = new StaticLifetime(snapshot.load, this.#runtime)
    this.#receive = new StaticLifetime(snapshot.receive, this.#runtime)
  }

  /** Runs the first turn. */
  run(init: EngineRun): Fault | undefined {
    this.#init = init
    return this.#turn(() => {
      const context = this.#context
      const evaluated = context.evalCode(init.program.source, init.program.name, { type: 'global' })
      if (evaluated.error) return this.#describe(evaluated.error, 'syntax')
      const loaded = context.callFunction(this.#load as QuickJSHandle, context.undefined, evaluated.value)
      evaluated.value.dispose()
      if (loaded.error) return this.#describe(loaded.error, 'runtime')
      loaded.value.dispose()
      return this.#deliver(init.first)
    })
  }

  /** Ends a turn that runs right now, from within one of its callbacks; between two turns, gives up the memory. */
  end(): BoundedMemory | undefined {
    const isIntact = this.#fault === undefined && !this.#isInTurn
    this.#fault ??= { why: 'crashed', detail: 'its host ended it' }
    return isIntact ? this.#bounded : undefined
  }

  /** Runs one more turn. */
  send(message: string): Fault | undefined {
    return this.#turn(() => this.#deliver(message))
  }

  #deliver(message: string): Turn['failed'] {
    const context = this.#context
    const text = context.newString(message)
    const received = context.callFunction(this.#receive as QuickJSHandle, context.undefined, text)
    text.dispose()
    if (received.error) return this.#describe(received.error, 'runtime')
    received.value.dispose()
    return this.#runJobs()
  }

  #runJobs(): Turn['failed'] {
    while (this.#runtime.hasPendingJob()) {
      const ran = this.#runtime.executePendingJobs(JOBS_PER_CHECK)
      if (ran.error) return this.#describe(ran.error, 'runtime')
      if (ran.value === JOBS_PER_CHECK && this.#shouldStop()) break
    }
    return undefined
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
      // Recursion through built-ins can reach the end of the thread's own stack before that of the engine's count.
      if (error instanceof RangeError) this.#fault ??= { why: 'limit', limit: 'stack' }
      else this.#fault ??= { why: 'crashed', detail: error instanceof Error ? error.message : String(error) }
    }
    this.#isInTurn = false
    this.#cpuTimeMs += this.#now() - this.#turnStarted
    if (this.#bounded.exhausted) this.#fault = { why: 'limit', limit: 'memory' }
    // Many short turns never meet the interrupt.
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

  /** Asked by the engine every few thousand steps. What it answers cannot be caught by the program. */
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

  #evaluateLibrary(name: string): QuickJSHandle {
    const { libraries } = this.#guestRuntime
    const source = Object.hasOwn(libraries, name) ? (libraries[name] as string) : '() => {}'
    return this.#context.unwrapResult(this.#context.evalCode(source, 'glovebox:library'))
  }

  #onPost(message: string): undefined {
    const limits = this.#init?.limits
    if (limits === undefined || this.#fault !== undefined) return
    this.#outputLength += message.length
    if (this.#outputLength > limits.outputBytes) {
      this.#fault = { why: 'limit', limit: 'output' }
      return
    }
    this.#output.push(message)
    this.#unflushedLength += message.length
    if (this.#unflushedLength > FLUSH_LENGTH || performance.now() - this.#flushedAt > FLUSH_MS) this.#flush()
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

  #describe(handle: QuickJSHandle, kind: 'syntax' | 'runtime'): NonNullable<Turn['failed']> {
    const text = (key: string): string => {
      const property = this.#context.getProp(handle, key)
      const value = this.#context.typeof(property) === 'string' ? this.#context.getString(property) : ''
      property.dispose()
      return value
    }
    const described = { kind, name: text('name') || 'Error', message: text('message') }
    const place = /:(\d+):(\d+)\)?\s*$/m.exec(text('stack'))
    handle.dispose()
    return place === null ? described : { ...described, line: Number(place[1]), column: Number(place[2]) }
  }
}
