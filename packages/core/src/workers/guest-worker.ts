import type { Guest, GuestExit, GuestInit } from '../contract/adapter.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { PooledGuest } from './pooled-guest.ts'
import { StallMeter } from './stall-meter.ts'
import { unref } from './timers.ts'

/** Connection to a worker: one process or thread that guests share. */
export interface WorkerLink {
  post(message: ToWorker): void
  /** Whether the guest in a slot is in a turn. The worker stores this in memory that outlives it. */
  isInTurn(slot: number): boolean
  /** Asks the turn in a slot to end. Needed if the worker reads no messages during a turn. */
  interrupt?(slot: number): void
  /** Returns the resident memory of the worker in bytes, if the worker is a process. */
  residentBytes?(): number | undefined
  /** Returns the CPU time of the worker so far in milliseconds. Undefined if the system does not report it. */
  cpuTimeMs?(): number | undefined
  /** Kills the worker. Resolves when none of its code can run. */
  kill(): Promise<void>
}

export interface WorkerEvents {
  onMessage(message: FromWorker): void
  /** Called once, when the worker has exited. */
  onDeath(death: WorkerExit): void
}

export interface WorkerExit {
  readonly detail: string
  /** Resource that the worker ran out of, if that is known. */
  readonly limit?: 'memory'
  /** The cause is outside of the worker, such as a signal from another process, so no guest is responsible. */
  readonly isForeign?: boolean
  /** The whole system ran out of memory, and its out-of-memory killer chose this process. */
  readonly isSystemOutOfMemory?: boolean
}

export interface GuestWorkerOptions {
  /** Maximum number of guests at the same time. */
  readonly capacity: number
  /** Number of guests that may have work to do when the worker takes another guest. Those that only wait do not count. */
  readonly eager: number
  /** Whether the worker runs one turn at a time, so that other guests wait while one computes. */
  readonly isSerial: boolean
  /**
   * Starts a worker.
   *
   * @param signal aborts the start when the sandbox is closed
   */
  connect(events: WorkerEvents, signal: AbortSignal): Promise<WorkerLink>
  /** Called once, when the worker has exited. */
  onDead?(worker: GuestWorker): void
  /** Called when a guest has no more work to do for the moment. */
  onRest?(): void
}

const TICK_MS = 50
/** Maximum time that one tick counts, so that a stalled host does not charge its own delay to guests. */
const MAX_TICK_MS = 2 * TICK_MS
/** How long guests wait for another guest that computes. */
const MAX_WAIT_MS = 100
/** How long the turn of a guest that has exited may continue before the worker is killed. */
const LEAVE_MS = 250
/** Memory that a computing guest may take in addition to its heap: engines reserve memory and return it late. */
const TURN_BYTES = 64 * 1024 * 1024
/** Minimum memory that is allowed for a waiting guest. */
const WAITING_BYTES = 4 * 1024 * 1024
const SLACK_BYTES = 128 * 1024 * 1024
/** How long a worker may owe a response without using CPU time. */
const STALLED_MS = 4_000
/** How long a worker may owe a response while no guest is in a turn. Turns have separate limits. */
const SILENT_MS = 12_000

/**
 * Controls one worker and the guests in it. When a worker exits, all its guests exit. The guest that caused it receives
 * the reason; the others are lost and can be repeated elsewhere.
 */
export class GuestWorker {
  readonly #options: GuestWorkerOptions
  readonly #guests = new Map<number, PooledGuest>()
  readonly #freeSlots: number[]
  /** Guests to drop when there is time. Dropping a guest immediately would delay the result of its program. */
  readonly #drops: number[] = []
  /** For each slot whose guest has exited but is still in a turn, the time since the exit in milliseconds. */
  readonly #leaving = new Map<number, number>()
  #link: WorkerLink | undefined
  #isDead = false
  #isWorn = false
  #made = 0
  #ownBytes = 0
  #ticking: ReturnType<typeof setInterval> | undefined
  #tickedAt = 0
  /** Milliseconds since the last message in which the worker owed a response and no guest was in a turn. */
  #silentMs = 0
  readonly #stall = new StallMeter(() => this.#link?.cpuTimeMs?.())
  #killing: Promise<void> | undefined
  /** Guest because of which the worker is killed, and its exit. */
  #verdict: { readonly guest: PooledGuest; readonly exit: GuestExit } | undefined

  private constructor(options: GuestWorkerOptions) {
    this.#options = options
    this.#freeSlots = Array.from({ length: options.capacity }, (_, index) => options.capacity - 1 - index)
  }

  /**
   * Starts a worker.
   *
   * @throws the errors of `connect`
   */
  static async start(options: GuestWorkerOptions, signal: AbortSignal): Promise<GuestWorker> {
    const worker = new GuestWorker(options)
    const events: WorkerEvents = {
      onMessage: (message) => worker.#onMessage(message),
      onDeath: (death) => worker.#onDeath(death),
    }
    worker.#link = await options.connect(events, signal)
    worker.#ownBytes = worker.#link.residentBytes?.() ?? 0
    return worker
  }

  /** Whether the worker can take another guest at present. */
  get isOpen(): boolean {
    return !this.isSpent && !this.#isBlocked && this.#countActive() < this.#options.eager
  }

  /** Whether the worker will never take another guest. */
  get isSpent(): boolean {
    return this.#isDead || this.#isWorn || this.#killing !== undefined
  }

  #countActive(): number {
    const now = performance.now()
    let count = 0
    for (const guest of this.#guests.values()) if (guest.isActive(now)) count++
    return count
  }

  get #isBlocked(): boolean {
    if (!this.#options.isSerial) return false
    return this.#leaving.size > 0 || [...this.#guests.values()].some(({ ranMs }) => ranMs >= MAX_WAIT_MS)
  }

  /**
   * Creates a guest.
   *
   * @param onFree called once, when the worker no longer has the guest
   * @returns the guest, or its exit if it was lost while it was created
   */
  async makeGuest(init: GuestInit, onFree: () => void): Promise<Guest | GuestExit> {
    const slot = this.#freeSlots.pop()
    if (slot === undefined) throw new RangeError('The worker has no free slot for another guest')
    const guest = new PooledGuest(this, ++this.#made, slot, init, onFree)
    this.#guests.set(guest.number, guest)
    this.#flushDrops()
    const { memoryBytes, stackBytes } = init
    this.post({ type: 'make', guest: guest.number, slot, memoryBytes, stackBytes })
    if (this.#isDead) guest.exit({ why: 'lost', running: false, detail: 'its worker ended' })
    else this.watch()
    return (await guest.made) ?? guest
  }

  post(message: ToWorker): void {
    if (!this.#isDead) this.#link?.post(message)
  }

  isInTurn(guest: PooledGuest): boolean {
    return this.#link?.isInTurn(guest.slot) === true
  }

  /** Checks the guests at intervals while any of them is busy. */
  watch(): void {
    if (this.#ticking !== undefined) return
    this.#tickedAt = performance.now()
    this.#silentMs = 0
    this.#stall.reset()
    this.#ticking = setInterval(() => this.#tick(), TICK_MS)
    unref(this.#ticking)
  }

  onRest(): void {
    this.#options.onRest?.()
  }

  /** Removes a guest that has exited. None of its code runs between turns, so dropping it can wait. */
  forget(guest: PooledGuest): void {
    this.#guests.delete(guest.number)
    if (!this.#isDead && this.isInTurn(guest)) this.#leaving.set(guest.slot, 0)
    else this.#freeSlots.push(guest.slot)
    if (this.#drops.push(guest.number) === 1) setTimeout(() => this.#flushDrops())
  }

  /** Ends a guest in the middle of a turn. */
  interrupt(guest: PooledGuest): void {
    this.#link?.interrupt?.(guest.slot)
    this.post({ type: 'end', guest: guest.number })
  }

  /** Kills the worker, either because of one guest, which exits with `exit`, or for another reason. */
  kill(guest?: PooledGuest, exit?: GuestExit): Promise<void> {
    if (guest !== undefined && exit !== undefined) this.#verdict ??= { guest, exit }
    this.#killing ??= this.#link?.kill() ?? Promise.resolve()
    return this.#killing
  }

  #flushDrops(): void {
    if (this.#drops.length > 0) this.post({ type: 'drop', guests: this.#drops.splice(0) })
  }

  #onMessage(message: FromWorker): void {
    this.#silentMs = 0
    this.#stall.reset()
    const guest = this.#guests.get(message.guest)
    // Messages from a guest that has exited are ignored.
    if (guest === undefined) return
    if (message.type === 'stuck') this.kill(guest, message.exit)
    else guest.onMessage(message)
  }

  #onDeath(death: WorkerExit): void {
    this.#isDead = true
    clearInterval(this.#ticking)
    const guests = [...this.#guests.values()]
    const suspects = this.#killing === undefined ? guests.filter((guest) => this.isInTurn(guest)) : []
    // The exits are determined first: `onDead` makes the pool kill the worker, as if the host had ended it.
    const exits = guests.map((guest) => this.#judge(guest, suspects, death))
    this.#options.onDead?.(this)
    for (const [index, guest] of guests.entries()) guest.exit(exits[index] as GuestExit)
  }

  #judge(guest: PooledGuest, suspects: readonly PooledGuest[], death: WorkerExit): GuestExit {
    const { detail, limit, isSystemOutOfMemory } = death
    if (this.#verdict?.guest === guest) return this.#verdict.exit
    const running = suspects.includes(guest)
    const isGuilty = this.#killing === undefined && death.isForeign !== true && running && suspects.length === 1
    if (!isGuilty) return { why: 'lost', running, detail }
    if (limit === undefined) return { why: 'crashed', detail }
    return isSystemOutOfMemory ? { why: 'limit', limit, detail } : { why: 'limit', limit }
  }

  #tick(): void {
    const now = performance.now()
    const passed = Math.min(now - this.#tickedAt, MAX_TICK_MS)
    this.#tickedAt = now
    this.#watchLeaving(passed)
    const busy = [...this.#guests.values()].filter(({ isBusy }) => isBusy)
    if (busy.length === 0 && this.#leaving.size === 0) {
      clearInterval(this.#ticking)
      this.#ticking = undefined
      return
    }
    // The time during which a process is stopped does not count for the turns of its guests.
    const isComputing = this.#stall.tick(passed)
    for (const guest of busy) guest.tick(passed, this.isInTurn(guest), isComputing)
    if (this.#isUnresponsive(passed, busy)) return this.#replace()
    const overdue = busy.find(({ isOverdue }) => isOverdue)
    if (overdue !== undefined) {
      this.kill(overdue, { why: 'limit', limit: 'turn' })
      return
    }
    if (this.#options.isSerial) this.#makeWay(busy)
    this.#watchMemory(busy)
  }

  #isUnresponsive(passedMs: number, busy: readonly PooledGuest[]): boolean {
    if (busy.length === 0) return false
    const isInTurn = this.#leaving.size > 0 || busy.some((guest) => this.isInTurn(guest))
    this.#silentMs = isInTurn ? 0 : this.#silentMs + passedMs
    return this.#stall.stalledMs >= STALLED_MS || this.#silentMs >= SILENT_MS
  }

  /**
   * Gives up all guests, so that they can be repeated elsewhere, and kills the worker. The guests do not wait for its
   * exit, because the system may take long to kill a process that is swapped out.
   */
  #replace(): void {
    const detail = 'its process did not answer'
    this.kill()
    for (const guest of [...this.#guests.values()]) {
      guest.exit({ why: 'lost', running: this.isInTurn(guest), detail })
    }
  }

  /** Ends a guest that computes while others wait, so that it can be repeated alone. The work of its turn is lost. */
  #makeWay(busy: readonly PooledGuest[]): void {
    const computing = busy.find(({ ranMs }) => ranMs >= MAX_WAIT_MS)
    // A guest may itself have waited, for a large message to be read.
    if (!busy.some((guest) => guest !== computing && guest.waitedMs >= MAX_WAIT_MS) || computing === undefined) return
    this.#link?.interrupt?.(computing.slot)
    computing.exit({ why: 'lost', running: true, detail: 'it computes while others wait' })
  }

  #watchLeaving(passedMs: number): void {
    for (const [slot, waitedMs] of this.#leaving) {
      if (this.#link?.isInTurn(slot) !== true) {
        this.#leaving.delete(slot)
        this.#freeSlots.push(slot)
      } else {
        this.#leaving.set(slot, waitedMs + passedMs)
        if (waitedMs > LEAVE_MS) this.kill()
      }
    }
  }

  /** Checks the memory of the process. Memory that guests allocate outside of their heaps is not measured otherwise. */
  #watchMemory(busy: readonly PooledGuest[]): void {
    const resident = this.#link?.residentBytes?.()
    if (resident === undefined) return
    let allowed = this.#ownBytes + SLACK_BYTES
    for (const guest of this.#guests.values()) {
      allowed += guest.ranMs > 0 ? 2 * guest.memoryBytes + TURN_BYTES : Math.max(WAITING_BYTES, 2 * guest.heapBytes)
    }
    if (resident <= allowed) return
    const running = busy.filter(({ ranMs }) => ranMs > 0)
    const [first] = running
    // No running guest explains the growth: stop reusing this worker. It exits with its last guest.
    if (first === undefined) this.#isWorn = true
    else if (running.length === 1) this.kill(first, { why: 'limit', limit: 'memory' })
    else this.#quarantine(running)
  }

  /** Ends all running guests, because one of them takes too much memory. Repeating each alone shows which one. */
  #quarantine(suspects: readonly PooledGuest[]): void {
    for (const guest of suspects) guest.exit({ why: 'lost', running: true, detail: 'its process took too much memory' })
    this.kill()
  }
}
