import { Worker } from 'node:worker_threads'
import { type Guest, type GuestExit, type GuestInit, type RunInit, SandboxError } from '@glovebox/core/adapter'
import type { FromWorker, ToWorker, WorkerData } from './messages.ts'

/** QuickJS recurses on the thread's stack; this is enough for the deepest recursion that its own limit allows. */
const THREAD_STACK_MB = 8
/** A thread's own objects die young and are few: a small nursery stays in the processor's cache and out of the process's memory. */
const THREAD_NURSERY_MB = 3

/** The host's end of one worker thread. */
export class WorkerThread {
  readonly #worker: Worker
  readonly #exited: Promise<void>
  #guest: WorkerGuest | undefined
  #guests = 0
  #isDead = false

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (message: FromWorker) => {
      // What a guest that is gone has left in the queue concerns nobody.
      if (this.#guest?.number === message.guest) this.#guest.onMessage(message)
    })
    this.#exited = new Promise((resolve) => {
      let detail = 'its thread ended'
      let isOutOfMemory = false
      worker.on('error', (error: Error & { code?: string }) => {
        detail = error.message
        isOutOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      })
      worker.once('exit', () => {
        this.#isDead = true
        this.#guest?.onThreadEnd(isOutOfMemory ? { why: 'limit', limit: 'memory' } : { why: 'crashed', detail })
        resolve()
      })
    })
    // An idle thread keeps nobody's process alive; an execution that waits holds a timer of its own.
    worker.unref()
  }

  static async start(data: WorkerData): Promise<WorkerThread> {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: data,
      env: {},
      execArgv: [],
      resourceLimits: { stackSizeMb: THREAD_STACK_MB, maxYoungGenerationSizeMb: THREAD_NURSERY_MB },
      name: 'glovebox-quickjs',
    })
    return new WorkerThread(worker)
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** @param onFree called once when the thread has no guest any more */
  async makeGuest(init: GuestInit, onFree: () => void): Promise<Guest> {
    const guest = new WorkerGuest(++this.#guests, this, () => {
      this.#guest = undefined
      onFree()
    })
    this.#guest = guest
    this.post({ type: 'make', guest: guest.number, memoryBytes: init.memoryBytes, stackBytes: init.stackBytes })
    await guest.made
    return guest
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
    await this.#exited
  }
}

class WorkerGuest implements Guest {
  readonly ready = 'guest'
  readonly number: number
  readonly made: Promise<void>
  readonly exited: Promise<GuestExit>
  readonly #thread: WorkerThread
  readonly #onFree: () => void
  readonly #resolveExited: (exit: GuestExit) => void
  readonly #resolveMade: () => void
  readonly #rejectMade: (reason: unknown) => void
  #init: RunInit | undefined
  #unacknowledged = 0
  #watchdog: ReturnType<typeof setTimeout> | undefined
  #exit: GuestExit | undefined
  #ending: Promise<void> | undefined

  constructor(number: number, thread: WorkerThread, onFree: () => void) {
    this.number = number
    this.#thread = thread
    this.#onFree = onFree
    const made = Promise.withResolvers<void>()
    this.made = made.promise
    this.#resolveMade = made.resolve
    this.#rejectMade = made.reject
    const exited = Promise.withResolvers<GuestExit>()
    this.exited = exited.promise
    this.#resolveExited = exited.resolve
  }

  run(init: RunInit): void {
    const { program, first, limits } = init
    this.#init = init
    this.#deliver({ type: 'run', guest: this.number, program, first, limits })
  }

  send(message: string): void {
    this.#deliver({ type: 'send', guest: this.number, message })
  }

  terminate(): Promise<void> {
    this.#ending ??= this.#end({ why: 'terminated' })
    return this.#ending
  }

  onMessage(message: FromWorker): void {
    switch (message.type) {
      case 'made':
        return this.#resolveMade()
      case 'output':
        return this.#init?.onOutput(message.messages)
      case 'turn':
        this.#unacknowledged--
        this.#watch()
        if (message.messages.length > 0) this.#init?.onOutput(message.messages)
        // The output may have ended the guest.
        return this.#exit === undefined ? this.#init?.onTurn(message.turn) : undefined
      case 'exit':
        this.#unacknowledged = 0
        this.#ending ??= this.#end(message.exit)
        return
      default:
        message satisfies never
    }
  }

  onThreadEnd(exit: GuestExit): void {
    this.#rejectMade(new SandboxError('SANDBOX_UNAVAILABLE', 'The QuickJS thread could not start', { cause: exit }))
    this.#ending ??= this.#end(exit)
  }

  #deliver(message: ToWorker): void {
    if (this.#exit !== undefined) return
    this.#unacknowledged++
    if (this.#unacknowledged === 1) this.#watch()
    this.#thread.post(message)
  }

  /** The engine's interrupt stops loops of the program; what a built-in does in one go, only the end of the thread stops. */
  #watch(): void {
    clearTimeout(this.#watchdog)
    if (this.#unacknowledged === 0) return
    const overdue = () => {
      this.#ending ??= this.#end({ why: 'limit', limit: 'turn' })
    }
    this.#watchdog = setTimeout(overdue, this.#init?.limits.turnMs)
  }

  async #end(exit: GuestExit): Promise<void> {
    this.#exit = exit
    clearTimeout(this.#watchdog)
    // Between turns nothing runs, and dropping the instance is enough, whenever it is done. Within one, only the thread's
    // end is.
    if (this.#unacknowledged > 0 || this.#thread.isDead) await this.#thread.terminate()
    else setImmediate(() => this.#thread.post({ type: 'drop', guest: this.number }))
    this.#resolveExited(exit)
    this.#onFree()
  }
}
