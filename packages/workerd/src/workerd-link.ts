import type {
  CarrierEvents,
  CarrierLink,
  FromCarrier,
  GuestExit,
  GuestRuntime,
  ToCarrier,
} from '@glovebox/core/adapter'
import { WebSocket } from 'ws'
import { CpuClock, measuresCpuTime } from './cpu-clock.ts'
import { type Frame, formatLoad, parseFrame } from './wire.ts'
import { WorkerdProcess } from './workerd-process.ts'

type Run = Extract<ToCarrier, { type: 'run' }>

/** One guest and its socket. */
interface Held {
  readonly number: number
  readonly slot: number
  readonly socket: WebSocket
  limits: Run['limits'] | undefined
  turns: number
  cpuTimeMs: number
}

/** A message that waits for its turn. The first of a guest comes with what the guest is to be. */
interface Pending {
  readonly held: Held
  readonly message: string
  readonly load?: string
}

/** Of one guest before the others' turn: one that repeats a long run would hold them up. */
const MAX_BATCH = 64

/**
 * Starts a workerd that guests share.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE`
 */
export async function connectWorkerd(
  executable: string,
  runtime: GuestRuntime,
  events: CarrierEvents,
): Promise<CarrierLink> {
  return new WorkerdLink(await WorkerdProcess.start(executable, runtime), events)
}

/**
 * Gives the guests of one workerd their turns, one after the other: all of them run on one thread, which cannot say from
 * outside whose turn it is.
 */
class WorkerdLink implements CarrierLink {
  readonly #process: WorkerdProcess
  /** All JavaScript of a workerd runs on its main thread. */
  readonly #clock: CpuClock
  readonly #events: CarrierEvents
  readonly #guests = new Map<number, Held>()
  readonly #sockets = new Set<Promise<void>>()
  readonly #waiting: Pending[] = []
  #current: Held | undefined
  /** Its turns that have not ended. */
  #outstanding = 0
  /** When its turn began, by the clock that measures it. */
  #startedAt = 0
  #cpuTimer: ReturnType<typeof setTimeout> | undefined

  constructor(process: WorkerdProcess, events: CarrierEvents) {
    this.#process = process
    this.#clock = new CpuClock(process.pid)
    this.#events = events
    process.dead.then(async (death) => {
      clearTimeout(this.#cpuTimer)
      this.#clock.close()
      // What was said before the end is heard first.
      await Promise.all(this.#sockets)
      events.onDeath(death)
    })
  }

  post(message: ToCarrier): void {
    switch (message.type) {
      case 'make':
        return this.#make(message.guest, message.slot)
      case 'run': {
        const held = this.#guests.get(message.guest)
        if (held === undefined) return
        const { program, first, limits } = message
        held.limits = limits
        const load = formatLoad({ program, outputLength: limits.outputBytes, cpuTimeMs: limits.cpuTimeMs })
        return this.#expect({ held, message: first, load })
      }
      case 'send': {
        const held = this.#guests.get(message.guest)
        if (held !== undefined) this.#expect({ held, message: message.message })
        return
      }
      case 'drop':
        for (const number of message.guests) this.#drop(number)
        return
      case 'end':
        // In a turn, only the end of the process ends it.
        if (this.#current?.number !== message.guest) this.#exit(message.guest, { why: 'terminated' })
        return
      default:
        message satisfies never
    }
  }

  isInTurn(slot: number): boolean {
    return this.#current?.slot === slot
  }

  residentBytes(): number | undefined {
    return this.#process.residentBytes()
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  #make(number: number, slot: number): void {
    const socket = new WebSocket(`ws+unix://${this.#process.socketPath}:/`, { perMessageDeflate: false })
    const held: Held = { number, slot, socket, limits: undefined, turns: 0, cpuTimeMs: 0 }
    this.#guests.set(number, held)
    // A guest keeps nobody's process alive: an execution that waits holds a timer of its own.
    socket.once('upgrade', (response) => response.socket.unref())
    socket.once('open', () => this.#events.onMessage({ type: 'made', guest: number }))
    socket.on('message', (data) => this.#onFrame(held, data.toString()))
    let detail = 'its connection was closed'
    socket.on('error', (error) => {
      detail = error.message
    })
    const closed = new Promise<void>((resolve) => {
      socket.once('close', (_, reason) => {
        resolve()
        this.#sockets.delete(closed)
        if (this.#guests.has(number)) this.#onClosed(held, reason.toString() || detail)
        else this.#leave(held)
      })
    })
    this.#sockets.add(closed)
  }

  /** Most likely with its process, which then tells more. */
  async #onClosed(held: Held, detail: string): Promise<void> {
    if (await this.#process.isAlive()) this.#exit(held.number, { why: 'crashed', detail })
    this.#leave(held)
  }

  #expect(pending: Pending): void {
    this.#waiting.push(pending)
    if (this.#current === undefined) this.#next()
  }

  #next(): void {
    clearTimeout(this.#cpuTimer)
    const held = this.#waiting[0]?.held
    this.#current = held
    this.#outstanding = 0
    if (held === undefined) return
    this.#startedAt = this.#clock.now()
    for (const { load, message } of this.#takeWaiting(held, MAX_BATCH)) {
      if (load !== undefined) held.socket.send(load)
      held.socket.send(message)
      this.#outstanding++
    }
    this.#watchCpuTime(held)
  }

  #takeWaiting(held: Held, most = Number.POSITIVE_INFINITY): Pending[] {
    const taken: Pending[] = []
    const left = this.#waiting.filter(
      (pending) => pending.held !== held || taken.length >= most || !taken.push(pending),
    )
    this.#waiting.splice(0, this.#waiting.length, ...left)
    return taken
  }

  /** The guest's time is up when the clock that measures it says so, which may be later than it seems. */
  #watchCpuTime(held: Held): void {
    const { cpuTimeMs } = held.limits as Run['limits']
    const left = cpuTimeMs - held.cpuTimeMs - (this.#clock.now() - this.#startedAt)
    if (left <= 0)
      return this.#post({ type: 'stuck', guest: held.number, exit: { why: 'limit', limit: 'cpu', cpuTimeMs } })
    this.#cpuTimer = setTimeout(() => this.#watchCpuTime(held), Math.max(1, left)).unref()
  }

  #onFrame(held: Held, text: string): void {
    if (!this.#guests.has(held.number)) return this.#leave(held)
    // What a guest says out of turn, nobody asked for.
    if (this.#current !== held) return this.#exit(held.number, { why: 'crashed', detail: 'it spoke out of turn' })
    let frame: Frame
    try {
      frame = parseFrame(text)
    } catch (error) {
      return this.#exit(held.number, { why: 'crashed', detail: (error as Error).message })
    }
    const computedMs = this.#clock.now()
    held.cpuTimeMs += computedMs - this.#startedAt
    this.#startedAt = computedMs
    const isLast = --this.#outstanding === 0
    if (isLast) this.#current = undefined
    this.#tell(held, frame)
    if (isLast && this.#current === undefined) this.#next()
  }

  #tell(held: Held, frame: Frame): void {
    const { number: guest, cpuTimeMs, limits } = held
    const measured = measuresCpuTime ? { cpuTimeMs } : {}
    if (frame.type === 'flood') return this.#exit(guest, { why: 'limit', limit: 'output', ...measured })
    if (cpuTimeMs > (limits as Run['limits']).cpuTimeMs)
      return this.#exit(guest, { why: 'limit', limit: 'cpu', ...measured })
    const { messages, failed } = frame
    const turn = { index: held.turns++, ...measured, ...(failed === undefined ? {} : { failed }) }
    this.#post({ type: 'turn', guest, turn, messages })
  }

  #exit(guest: number, exit: GuestExit): void {
    if (!this.#guests.has(guest)) return
    this.#drop(guest)
    this.#post({ type: 'exit', guest, exit })
  }

  /** One that is in a turn holds up the others until it ends. */
  #drop(number: number): void {
    const held = this.#guests.get(number)
    if (held === undefined) return
    this.#guests.delete(number)
    this.#takeWaiting(held)
    if (this.#current !== held) held.socket.terminate()
  }

  /** A guest that nobody asks for any more has ended its turn. */
  #leave(held: Held): void {
    held.socket.terminate()
    if (this.#current === held) this.#next()
  }

  #post(message: FromCarrier): void {
    this.#events.onMessage(message)
  }
}
