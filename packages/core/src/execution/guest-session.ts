import type { Guest, GuestExit, RunInit } from '../contract/adapter.ts'
import type { GuestSource } from '../sandbox/sandbox.ts'
import type { RunLog } from './run-log.ts'

/** Options for {@link GuestSession}. */
export interface GuestSessionOptions extends Pick<RunInit, 'program' | 'limits'> {
  readonly guests: GuestSource
  readonly memoryBytes: number
  readonly log: RunLog
  /** Receives messages from the current guest, in order. */
  onOutput(messages: readonly string[]): void
  onTurn: RunInit['onTurn']
  /** Called when the current guest exits. Not called after `end()`. */
  onExit(exit: GuestExit): void
  /** Called with the reason if no guest can be started. */
  onUnavailable(reason: unknown): void
}

/** Maximum number of guests that may be lost during a turn. If more are lost, the program counts as the cause. */
const MAX_LOSSES = 10

/** The guest of one execution. It changes if a guest is lost: the next one receives all messages of the log again. */
export class GuestSession {
  readonly #options: GuestSessionOptions
  #guest: Guest | undefined
  /** Ends the wait for a guest. */
  #waiting: AbortController | undefined
  #losses = 0
  #acknowledged = 0
  /** Number of messages that the log had when the guest began. */
  #repeated = 0
  #isOver = false
  /** Set while there is no guest, because the program only waits. */
  #hibernating: (() => void) | undefined

  constructor(options: GuestSessionOptions) {
    this.#options = options
  }

  /** Whether `end()` was called. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether the guest has handled every message. */
  get isIdle(): boolean {
    return this.#acknowledged === this.#options.log.messageCount
  }

  /** Whether the guest has not yet reached the recorded state. */
  get isRepeating(): boolean {
    return this.turnsLeft > 0
  }

  /** Number of turns until the guest reaches the recorded state. */
  get turnsLeft(): number {
    return Math.max(0, this.#repeated - this.#acknowledged)
  }

  /** Takes a guest and calls `begin`, immediately if a guest is ready. `begin` must call `run`. */
  start(begin: () => void): void {
    const { guests, memoryBytes } = this.#options
    const ready = guests.takeReady(memoryBytes)
    if (ready === undefined) return this.#obtain(false, begin)
    this.#guest = ready
    begin()
  }

  /** Runs the program in the guest with all messages of the log. */
  run(): void {
    const guest = this.#guest as Guest
    const { program, limits, log, onOutput, onTurn, onExit } = this.#options
    const [first, ...rest] = log.messages
    this.#acknowledged = 0
    this.#repeated = log.messageCount
    guest.exited.then((exit) => {
      if (!this.#isOver && this.#guest === guest) onExit(exit)
    })
    guest.run({
      program,
      first: first as string,
      limits,
      onOutput: (messages) => {
        if (this.#guest === guest) onOutput(messages)
      },
      onTurn: (turn) => {
        if (this.#guest === guest) onTurn(turn)
      },
    })
    for (const message of rest) guest.send(message)
  }

  /** Sends a message that the log has. If there is no guest at the moment, the next one receives it from the log. */
  send(message: string): void {
    const begin = this.#hibernating
    if (begin === undefined) return this.#guest?.send(message)
    this.#hibernating = undefined
    this.#obtain(false, begin)
  }

  /** Gives up an idle guest until there is a message for it. Then takes another one and calls `begin` as `start()` does. */
  hibernate(begin: () => void): void {
    if (this.#guest === undefined || !this.isIdle || !this.#options.log.isWhole) return
    this.#options.guests.retire(this.#guest)
    this.#guest = undefined
    this.#hibernating = begin
  }

  acknowledge(turn: number): void {
    this.#acknowledged = turn + 1
  }

  /**
   * Replaces a guest that lost its worker, and calls `begin` as `start()` does. If it may be the cause, the new one
   * shares no worker. Returns the number of losses, without replacing the guest, if there were too many.
   */
  replace({ running }: Extract<GuestExit, { why: 'lost' }>, begin: () => void): number | undefined {
    if (running && ++this.#losses > MAX_LOSSES) return this.#losses
    this.#options.guests.retire(this.#guest as Guest)
    this.#guest = undefined
    // The new guest has handled nothing, so nothing counts as idle until it has.
    this.#acknowledged = 0
    this.#repeated = this.#options.log.messageCount
    this.#obtain(running, begin)
    return undefined
  }

  /** Retires the guest, or ends the wait for one. */
  end(reason: unknown): void {
    this.#isOver = true
    if (this.#guest === undefined) this.#waiting?.abort(reason)
    else this.#options.guests.retire(this.#guest)
  }

  #obtain(alone: boolean, begin: () => void): void {
    const { guests, memoryBytes, onUnavailable } = this.#options
    this.#waiting = new AbortController()
    guests.take(memoryBytes, this.#waiting.signal, alone).then((guest) => {
      this.#waiting = undefined
      if (this.#isOver) return guests.retire(guest)
      this.#guest = guest
      begin()
    }, onUnavailable)
  }
}
