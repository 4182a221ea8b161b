import type { Guest, GuestExit, GuestInit, RunInit } from '../contract/adapter.ts'
import type { GuestWorker } from './guest-worker.ts'
import type { FromWorker } from './messages.ts'

/** How long a turn may take to end after it was asked to. */
const GRACE_MS = 250
/** Time in milliseconds after which a guest without work counts as waiting. Many tools answer sooner. */
const REST_MS = 0.5

/** Controls one guest in a worker. */
export class PooledGuest implements Guest {
  readonly number: number
  readonly slot: number
  readonly memoryBytes: number
  /** Resolves when the guest has been created, or with its exit if it was lost before. */
  readonly made: Promise<GuestExit | undefined>
  readonly exited: Promise<GuestExit>
  /** Time that the guest has computed in its current turn, in milliseconds. */
  ranMs = 0
  /** Time that the guest has waited for its next turn to begin, in milliseconds. */
  waitedMs = 0
  /** Heap size after the last turn, in bytes. */
  heapBytes = 0
  readonly #worker: GuestWorker
  readonly #onFree: () => void
  readonly #resolveMade: (exit: GuestExit | undefined) => void
  readonly #resolveExited: (exit: GuestExit) => void
  #init: RunInit | undefined
  #isMade = false
  #unacknowledged = 0
  #wasInTurn = false
  #restsSince = 0
  #isEnding = false
  #hasExited = false
  #grace: ReturnType<typeof setTimeout> | undefined

  constructor(worker: GuestWorker, number: number, slot: number, { memoryBytes }: GuestInit, onFree: () => void) {
    this.#worker = worker
    this.number = number
    this.slot = slot
    this.memoryBytes = memoryBytes
    this.#onFree = onFree
    const made = Promise.withResolvers<GuestExit | undefined>()
    this.made = made.promise
    this.#resolveMade = made.resolve
    const exited = Promise.withResolvers<GuestExit>()
    this.exited = exited.promise
    this.#resolveExited = exited.resolve
  }

  /** Whether the guest has work to do. */
  get isBusy(): boolean {
    return this.#unacknowledged > 0 || !this.#isMade
  }

  /** Whether the guest has work to do, or has just had some. */
  isActive(now: number): boolean {
    return this.isBusy || now - this.#restsSince < REST_MS
  }

  get isOverdue(): boolean {
    return this.#init !== undefined && this.ranMs > this.#init.limits.turnMs
  }

  run(init: RunInit): void {
    const { program, first, limits } = init
    this.#init = init
    if (!this.#expectTurn()) return
    this.#worker.post({ type: 'run', guest: this.number, program, first, limits })
  }

  send(message: string): void {
    if (this.#expectTurn()) this.#worker.post({ type: 'send', guest: this.number, message })
  }

  async terminate(): Promise<void> {
    if (!this.#isEnding && !this.#hasExited) this.#end()
    await this.exited
  }

  onMessage(message: Exclude<FromWorker, { type: 'stuck' }>): void {
    switch (message.type) {
      case 'made':
        this.#isMade = true
        this.#rest()
        return this.#resolveMade(undefined)
      case 'output':
        return this.#isEnding ? undefined : this.#init?.onOutput(message.messages)
      case 'turn':
        this.#unacknowledged--
        this.#rest()
        this.heapBytes = message.turn.memoryBytes ?? 0
        if (message.messages.length > 0 && !this.#isEnding) this.#init?.onOutput(message.messages)
        // The handler of the output may have terminated the guest.
        return this.#isEnding ? undefined : this.#init?.onTurn(message.turn)
      case 'exit':
        return this.exit(message.exit)
      default:
        message satisfies never
    }
  }

  /** @param isComputing whether the worker has used CPU time in this tick */
  tick(passedMs: number, isInTurn: boolean, isComputing: boolean): void {
    if (isInTurn && this.#wasInTurn && isComputing) this.ranMs += passedMs
    if (!isInTurn) this.waitedMs += passedMs
    this.#wasInTurn = isInTurn
  }

  exit(exit: GuestExit): void {
    if (this.#hasExited) return
    this.#hasExited = true
    clearTimeout(this.#grace)
    this.#worker.forget(this)
    const told: GuestExit = this.#isEnding ? { why: 'terminated' } : exit
    this.#resolveMade(told)
    this.#resolveExited(told)
    this.#onFree()
  }

  #expectTurn(): boolean {
    if (this.#isEnding || this.#hasExited) return false
    this.#unacknowledged++
    this.#worker.watch()
    return true
  }

  #rest(): void {
    this.ranMs = 0
    this.waitedMs = 0
    this.#wasInTurn = false
    if (this.isBusy) return
    this.#restsSince = performance.now()
    this.#worker.onRest()
  }

  #end(): void {
    this.#isEnding = true
    if (!this.isBusy) return this.exit({ why: 'terminated' })
    this.#worker.interrupt(this)
    this.#grace = setTimeout(() => {
      // If the guest is still in a turn, only killing the worker ends it. Otherwise it waits behind another guest.
      if (this.#worker.isInTurn(this)) this.#worker.kill(this, { why: 'terminated' })
      else this.exit({ why: 'terminated' })
    }, GRACE_MS)
  }
}
