import type { GuestExit, RunInit } from '@glovebox/core/adapter'
import { parseFrame } from './wire.ts'

export interface TurnsOptions {
  /** Maximum round-trip time of a message and its answer, in milliseconds. */
  readonly latencyMs: number
  onExit(exit: GuestExit): void
}

/** Tracks the turns of one guest. Each message starts a turn, and each frame ends one. */
export class Turns {
  readonly #init: RunInit
  readonly #options: TurnsOptions
  #begun = 0
  #ended = 0
  /** Start time of the current turn. */
  #startedAt = 0
  #ranMs = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(init: RunInit, options: TurnsOptions) {
    this.#init = init
    this.#options = options
  }

  get isInTurn(): boolean {
    return this.#begun > this.#ended
  }

  /** Records that a message was sent. */
  begin(): void {
    if (this.#begun++ === this.#ended) this.#watch()
  }

  /** Handles a frame that has arrived. */
  end(text: unknown): void {
    const frame = this.isInTurn ? tryParse(text) : undefined
    if (frame === undefined) return this.#exit({ why: 'crashed', detail: 'it sent an invalid frame' })
    if (frame.type === 'flood') return this.#exit({ why: 'limit', limit: 'output' })
    const { limits, onOutput, onTurn } = this.#init
    const tookMs = performance.now() - this.#startedAt
    this.#ranMs += Math.max(0, tookMs - this.#options.latencyMs)
    if (tookMs > limits.turnMs + this.#options.latencyMs) return this.#exit({ why: 'limit', limit: 'turn' })
    if (this.#ranMs > limits.cpuTimeMs) return this.#exit({ why: 'limit', limit: 'cpu' })
    const turn = { index: this.#ended++, ...(frame.failed === undefined ? {} : { failed: frame.failed }) }
    if (this.isInTurn) this.#watch()
    else this.stop()
    if (frame.messages.length > 0) onOutput(frame.messages)
    onTurn(turn)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #watch(): void {
    clearTimeout(this.#timer)
    this.#startedAt = performance.now()
    this.#timer = setTimeout(
      () => this.#exit({ why: 'limit', limit: 'turn' }),
      this.#init.limits.turnMs + this.#options.latencyMs,
    )
  }

  #exit(exit: GuestExit): void {
    this.stop()
    this.#options.onExit(exit)
  }
}

function tryParse(text: unknown) {
  try {
    return parseFrame(text)
  } catch {
    return undefined
  }
}
