import { shortageReason, unavailableBy } from '@glovebox/adapter-node'
import type { GuestExit, GuestRuntime, RunInit, ToWorker, WorkerEvents, WorkerLink } from '@glovebox/core/adapter'
import { CpuClock, measuresCpuTime } from './cpu-clock.ts'
import { GuestConnection } from './guest-connection.ts'
import { type Frame, formatLoad, parseFrame, READY } from './wire.ts'
import { WorkerdProcess } from './workerd-process.ts'

/** Work for a guest: a message, or the creation of the guest if there is no message. */
interface Job {
  readonly guest: GuestConnection
  readonly message?: string
}

/** Maximum number of messages for one guest before other guests run. A guest that repeats a long run has many. */
const MAX_BATCH = 64

/**
 * Maximum CPU time during the creation of a guest, in milliseconds. Creation takes about 15 ms, so more time means that
 * another guest computes out of turn.
 */
const MAKING_CPU_MS = 2_000

/**
 * Starts a workerd that guests share.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE`
 */
export async function connectWorkerd(
  executable: string,
  runtime: GuestRuntime,
  events: WorkerEvents,
  signal: AbortSignal,
): Promise<WorkerLink> {
  const started = await WorkerdProcess.start(executable, runtime, signal)
  try {
    return new WorkerdLink(started, new CpuClock(started.pid), events)
  } catch (error) {
    await started.kill()
    throw unavailableBy('The CPU time of workerd could not be read', error)
  }
}

/**
 * Creates the guests of one workerd and runs their turns one after the other. All guests share one thread, and it is
 * not visible from outside which of them is running.
 */
class WorkerdLink implements WorkerLink {
  readonly #process: WorkerdProcess
  /** CPU time of the main thread, which runs all JavaScript of a workerd. */
  readonly #clock: CpuClock
  readonly #events: WorkerEvents
  readonly #guests = new Map<number, GuestConnection>()
  readonly #closing = new Set<Promise<void>>()
  readonly #jobs: Job[] = []
  /** Guest whose job is being done. */
  #current: GuestConnection | undefined
  /** Number of its turns that have not ended. 0 while it is being created. */
  #outstanding = 0
  /** Start of its current job, by `#clock`. */
  #startedAt = 0
  #cpuTimer: ReturnType<typeof setTimeout> | undefined
  /** Whether a guest computes out of turn. It may be any guest that has run. */
  #isHeldUp = false

  constructor(process: WorkerdProcess, clock: CpuClock, events: WorkerEvents) {
    this.#process = process
    this.#clock = clock
    this.#events = events
    process.dead.then(async (death) => {
      clearTimeout(this.#cpuTimer)
      this.#clock.close()
      // Messages that were sent before the end are handled first.
      await Promise.all(this.#closing)
      events.onDeath(death)
    })
  }

  post(message: ToWorker): void {
    switch (message.type) {
      case 'make': {
        const guest = new GuestConnection(message.guest, message.slot)
        this.#guests.set(guest.number, guest)
        return this.#expect({ guest })
      }
      case 'run': {
        const guest = this.#guests.get(message.guest)
        if (guest === undefined) return
        const { program, first, limits } = message
        guest.limits = limits
        const { outputBytes: outputLength, cpuTimeMs } = limits
        return this.#expect({ guest, message: formatLoad({ program, first, outputLength, cpuTimeMs }) })
      }
      case 'send': {
        const guest = this.#guests.get(message.guest)
        if (guest !== undefined) this.#expect({ guest, message: message.message })
        return
      }
      case 'drop':
        for (const number of message.guests) this.#drop(number)
        return
      case 'end': {
        const guest = this.#guests.get(message.guest)
        // A guest in a turn only ends with the process.
        if (guest !== undefined && !this.isInTurn(guest.slot)) this.#exit(guest, { why: 'terminated' })
        return
      }
      default:
        message satisfies never
    }
  }

  isInTurn(slot: number): boolean {
    if (this.#isHeldUp) return [...this.#guests.values()].some((guest) => guest.slot === slot && guest.hasRun)
    return this.#current?.slot === slot && this.#outstanding > 0
  }

  residentBytes(): number | undefined {
    return this.#process.residentBytes()
  }

  cpuTimeMs(): number | undefined {
    return measuresCpuTime ? this.#clock.now() : undefined
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  #expect(job: Job): void {
    this.#jobs.push(job)
    if (this.#current === undefined) this.#next()
  }

  #next(): void {
    clearTimeout(this.#cpuTimer)
    const guest = this.#jobs[0]?.guest
    this.#current = guest
    this.#outstanding = 0
    if (guest === undefined) return
    const jobs = this.#takeJobs(guest, MAX_BATCH)
    this.#startedAt = this.#clock.now()
    if (!guest.isOpen) return this.#open(guest)
    for (const { message = '' } of jobs) guest.send(message)
    this.#outstanding = jobs.length
    const { cpuTimeMs } = guest.limits as RunInit['limits']
    this.#watchClock(
      () => cpuTimeMs - guest.cpuTimeMs - this.#computedMs(),
      () => this.#events.onMessage({ type: 'stuck', guest: guest.number, exit: this.#judgeOverdue(guest) }),
    )
  }

  #takeJobs(guest: GuestConnection, most = Number.POSITIVE_INFINITY): Job[] {
    const taken: Job[] = []
    const left = this.#jobs.filter((job) => job.guest !== guest || taken.length >= most || !taken.push(job))
    this.#jobs.splice(0, this.#jobs.length, ...left)
    return taken
  }

  #open(guest: GuestConnection): void {
    const closing = new Promise<void>((resolve) => {
      guest.open(this.#process.socketPath, {
        onText: (text) => this.#onText(guest, text),
        onClosed: (detail) => {
          resolve()
          this.#closing.delete(closing)
          this.#onClosed(guest, detail)
        },
      })
    })
    this.#closing.add(closing)
    this.#watchClock(
      () => MAKING_CPU_MS - this.#computedMs(),
      () => this.#endOutOfTurn(),
    )
  }

  #endOutOfTurn(): void {
    this.#isHeldUp = true
    this.#process.kill()
  }

  async #onClosed(guest: GuestConnection, detail: string): Promise<void> {
    // The host could not connect because of a shortage. The process is not at fault.
    const shortage = guest.hasRun ? undefined : shortageReason(detail)
    if (shortage !== undefined) this.#exit(guest, { why: 'lost', running: false, detail: shortage })
    // The process has probably ended, and its exit gives a better reason. Until then the current turn is kept.
    if (this.#guests.has(guest.number)) {
      if (!(await this.#process.isAlive())) return
      this.#exit(guest, { why: 'crashed', detail })
    }
    this.#leave(guest)
  }

  /** Returns the CPU time since the current job began, in milliseconds. */
  #computedMs(): number {
    return this.#clock.now() - this.#startedAt
  }

  /** Calls `onOver` when no time is left. The clock is read again after each timer, because CPU time may be slower. */
  #watchClock(leftMs: () => number, onOver: () => void): void {
    const left = leftMs()
    if (left <= 0) return onOver()
    this.#cpuTimer = setTimeout(() => this.#watchClock(leftMs, onOver), Math.max(1, left)).unref()
  }

  /**
   * Returns the exit of a guest that exceeded its CPU time. A neighbour that computes out of turn uses the time of the
   * guest whose turn it is, so a limit exit is only certain for a guest without neighbours that have run.
   */
  #judgeOverdue(guest: GuestConnection): GuestExit {
    const isAlone = [...this.#guests.values()].every((other) => other === guest || !other.hasRun)
    if (!isAlone) return { why: 'lost', running: true, detail: 'it, or a neighbour, exceeded its CPU time' }
    const allowed = (guest.limits as RunInit['limits']).cpuTimeMs
    const measured = measuresCpuTime ? { cpuTimeMs: Math.max(guest.cpuTimeMs, allowed) } : {}
    return { why: 'limit', limit: 'cpu', ...measured }
  }

  #onText(guest: GuestConnection, text: string): void {
    if (!this.#guests.has(guest.number)) return this.#leave(guest)
    // The current guest is another one, so this message is out of turn.
    if (this.#current !== guest) return this.#exit(guest, { why: 'crashed', detail: 'it sent a message out of turn' })
    if (text === READY && this.#outstanding === 0) {
      this.#events.onMessage({ type: 'made', guest: guest.number })
      return this.#next()
    }
    try {
      this.#onFrame(guest, parseFrame(text))
    } catch (error) {
      this.#exit(guest, { why: 'crashed', detail: (error as Error).message })
    }
  }

  #onFrame(guest: GuestConnection, frame: Frame): void {
    const computedMs = this.#clock.now()
    guest.cpuTimeMs += computedMs - this.#startedAt
    this.#startedAt = computedMs
    const isLast = --this.#outstanding === 0
    if (isLast) this.#current = undefined
    this.#tell(guest, frame)
    if (isLast && this.#current === undefined) this.#next()
  }

  #tell(guest: GuestConnection, frame: Frame): void {
    const { number, cpuTimeMs, limits } = guest
    const measured = measuresCpuTime ? { cpuTimeMs } : {}
    const isOverdue = cpuTimeMs > (limits as RunInit['limits']).cpuTimeMs
    if (frame.type === 'flood') return this.#exit(guest, { why: 'limit', limit: 'output', ...measured })
    if (isOverdue) return this.#exit(guest, this.#judgeOverdue(guest))
    const { messages, failed } = frame
    const turn = { index: guest.turns++, ...measured, ...(failed === undefined ? {} : { failed }) }
    this.#events.onMessage({ type: 'turn', guest: number, turn, messages })
  }

  #exit(guest: GuestConnection, exit: GuestExit): void {
    if (!this.#guests.has(guest.number)) return
    this.#drop(guest.number)
    this.#events.onMessage({ type: 'exit', guest: guest.number, exit })
  }

  /** Forgets a guest. If it is in a turn, the others wait until the turn ends. */
  #drop(number: number): void {
    const guest = this.#guests.get(number)
    if (guest === undefined) return
    this.#guests.delete(number)
    this.#takeJobs(guest)
    if (!this.isInTurn(guest.slot)) guest.close()
  }

  /** Closes a guest that is no longer needed, and continues with the next job if it was the current guest. */
  #leave(guest: GuestConnection): void {
    guest.close()
    if (this.#current === guest) this.#next()
  }
}
