import type { Guest, GuestExit, GuestInit } from '../contract.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { PooledGuest } from './pooled-guest.ts'
import { StallMeter } from './stall-meter.ts'
import { unref } from './timers.ts'

/** The way to one process or thread that guests share. */
export interface WorkerLink {
  post(message: ToWorker): void
  /** Whether the guest in a slot is in a turn, as the worker notes in memory that outlives it. */
  isInTurn(slot: number): boolean
  /** Asks the turn in a slot to end, where the worker reads no messages meanwhile. */
  interrupt?(slot: number): void
  /** Of the whole worker, where it is a process. */
  residentBytes?(): number | undefined
  /** What the whole worker has computed so far, in ms; undefined where the system does not tell. */
  cpuTimeMs?(): number | undefined
  /** Resolves when nothing of it runs any more. */
  kill(): Promise<void>
}

export interface WorkerEvents {
  onMessage(message: FromWorker): void
  /** Once, when nothing of the worker runs any more. */
  onDeath(death: WorkerExit): void
}

export interface WorkerExit {
  readonly detail: string
  /** What it ran out of, where that is known. */
  readonly limit?: 'memory'
  /** Somebody else killed it, so that nobody in it is to blame. */
  readonly isForeign?: boolean
  /** The whole system ran out of memory, and its memory killer chose this process. */
  readonly isSystemOutOfMemory?: boolean
}

export interface GuestWorkerOptions {
  /** Guests at once. */
  readonly capacity: number
  /** One turn at a time, so that a guest that computes keeps its neighbours waiting. */
  readonly isSerial: boolean
  /** @param signal aborts the start when the sandbox is closed */
  connect(events: WorkerEvents, signal: AbortSignal): Promise<WorkerLink>
  /** Called once, when it is dead. */
  onDead?(worker: GuestWorker): void
}

const TICK_MS = 50
/** A host that was held up itself accuses nobody of the time it lost. */
const MAX_TICK_MS = 2 * TICK_MS
/** How long guests wait for a neighbour that computes. */
const MAX_WAIT_MS = 100
/** How long a turn that nobody needs any more may go on. */
const LEAVE_MS = 250
/** What a guest that computes may take beside its heap: the engine's spaces are roomy, and what is freed goes back late. */
const TURN_BYTES = 64 * 1024 * 1024
/** What one that waits takes at least. */
const WAITING_BYTES = 4 * 1024 * 1024
const SLACK_BYTES = 128 * 1024 * 1024
/** How long a worker may owe an answer without computing at all. */
const STALLED_MS = 4_000
/** How long it may owe one outside any turn, computing or not: turns have limits of their own. */
const SILENT_MS = 12_000

/**
 * The host's end of one process or thread and of the guests in it. What ends a worker ends all of them; the one to blame
 * is told why, and the others are lost, to be repeated elsewhere.
 */
export class GuestWorker {
  readonly #options: GuestWorkerOptions
  readonly #guests = new Map<number, PooledGuest>()
  readonly #freeSlots: number[]
  /** Guests to be dropped when there is time for it: it costs those who wait for a program's result. */
  readonly #drops: number[] = []
  /** Slots of guests that are gone, and still in a turn: since when, in ticks' time. */
  readonly #leaving = new Map<number, number>()
  #link: WorkerLink | undefined
  #isDead = false
  #isWorn = false
  #made = 0
  #ownBytes = 0
  #ticking: ReturnType<typeof setInterval> | undefined
  #tickedAt = 0
  /** Since it was last heard while it owed an answer and no guest was in a turn. */
  #silentMs = 0
  readonly #stall = new StallMeter(() => this.#link?.cpuTimeMs?.())
  #killing: Promise<void> | undefined
  /** The guest that the worker is killed for, and its exit. */
  #verdict: { readonly guest: PooledGuest; readonly exit: GuestExit } | undefined

  private constructor(options: GuestWorkerOptions) {
    this.#options = options
    this.#freeSlots = Array.from({ length: options.capacity }, (_, index) => options.capacity - 1 - index)
  }

  /** @throws whatever `connect` throws */
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

  /** Whether it may take another guest at present. */
  get isOpen(): boolean {
    return !this.isSpent && !this.#isBlocked
  }

  /** Whether it will never take another. */
  get isSpent(): boolean {
    return this.#isDead || this.#isWorn || this.#killing !== undefined
  }

  get #isBlocked(): boolean {
    if (!this.#options.isSerial) return false
    return this.#leaving.size > 0 || [...this.#guests.values()].some(({ ranMs }) => ranMs >= MAX_WAIT_MS)
  }

  /**
   * @param onFree called once, when the worker has the guest no more
   * @returns the guest's exit if the worker, or the guest with it, was lost meanwhile
   */
  async makeGuest(init: GuestInit, onFree: () => void): Promise<Guest | GuestExit> {
    const slot = this.#freeSlots.pop()
    if (slot === undefined) throw new RangeError('a worker was given more guests than it takes')
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

  /** Looks after its guests from time to time, for as long as any is busy. */
  watch(): void {
    if (this.#ticking !== undefined) return
    this.#tickedAt = performance.now()
    this.#silentMs = 0
    this.#stall.reset()
    this.#ticking = setInterval(() => this.#tick(), TICK_MS)
    unref(this.#ticking)
  }

  /** Forgets a guest that has exited. Between turns nothing of it runs, and dropping it may wait. */
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

  /** Ends everything in it, for what one guest did or for no guest's fault. */
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
    // What a guest that is gone has left behind concerns nobody.
    if (guest === undefined) return
    if (message.type === 'stuck') this.kill(guest, message.exit)
    else guest.onMessage(message)
  }

  #onDeath(death: WorkerExit): void {
    this.#isDead = true
    clearInterval(this.#ticking)
    const guests = [...this.#guests.values()]
    const suspects = this.#killing === undefined ? guests.filter((guest) => this.isInTurn(guest)) : []
    // Judged before its pool discards it, which kills it as well, as if it had been the host that ended it.
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
    // A process that is stopped does not use up its guests' turns.
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
   * Gives its guests up, to be repeated elsewhere. They do not wait for its end: the system may be slow to kill what is
   * swapped out.
   */
  #replace(): void {
    const detail = 'its process did not answer'
    this.kill()
    for (const guest of [...this.#guests.values()]) {
      guest.exit({ why: 'lost', running: this.isInTurn(guest), detail })
    }
  }

  /** A guest that computes while others wait goes on by itself. What it has computed in this turn is lost. */
  #makeWay(busy: readonly PooledGuest[]): void {
    const computing = busy.find(({ ranMs }) => ranMs >= MAX_WAIT_MS)
    if (computing === undefined || !busy.some(({ waitedMs }) => waitedMs >= MAX_WAIT_MS)) return
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

  /** What a guest allocates past its heap, only the process as a whole shows. */
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
    // Without anybody to blame, what is gone is gone: it takes no more guests, and ends with the last.
    if (first === undefined) this.#isWorn = true
    else if (running.length === 1) this.kill(first, { why: 'limit', limit: 'memory' })
    else this.#quarantine(running)
  }

  /** One of them takes too much. Each goes on by itself, and the one that does is found out there. */
  #quarantine(suspects: readonly PooledGuest[]): void {
    for (const guest of suspects) guest.exit({ why: 'lost', running: true, detail: 'its process took too much memory' })
    this.kill()
  }
}
