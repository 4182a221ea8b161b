import type { Guest, GuestExit, GuestInit, RunInit, SandboxAdapter } from '../src/contract/adapter.ts'

/** The script of a compromised guest, which may send any message at any time. */
export type Script = (guest: ScriptedGuest) => void | Promise<void>

/** An adapter whose guests follow a script and do not run programs. */
export class ScriptedAdapter implements SandboxAdapter {
  readonly name = 'scripted'
  readonly engine = 'scripted@1'
  readonly guarantees = {
    boundary: 'inline',
    stopsLoops: true,
    stopsNativeLoops: false,
    survivesOutOfMemory: false,
    memory: 'none',
    cpuTime: false,
    isolatesCrashes: false,
    deterministic: false,
  } as const
  readonly guests: ScriptedGuest[] = []
  readonly started: GuestInit[] = []
  isClosed = false
  readonly #script: Script

  constructor(script: Script) {
    this.#script = script
  }

  async start(init: GuestInit): Promise<Guest> {
    this.started.push(init)
    const guest = new ScriptedGuest(this.#script)
    this.guests.push(guest)
    return guest
  }

  async close(): Promise<void> {
    this.isClosed = true
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

export class ScriptedGuest implements Guest {
  readonly exited: Promise<GuestExit>
  readonly received: string[] = []
  terminations = 0
  readonly #script: Script
  readonly #exit: (exit: GuestExit) => void
  #init: RunInit | undefined
  #turns = 0
  #heard: (() => void) | undefined

  constructor(script: Script) {
    this.#script = script
    const { promise, resolve } = Promise.withResolvers<GuestExit>()
    this.exited = promise
    this.#exit = resolve
  }

  get init(): RunInit {
    return this.#init as RunInit
  }

  run(init: RunInit): void {
    this.#init = init
    this.received.push(init.first)
    queueMicrotask(() => this.#script(this))
  }

  send(message: string): void {
    this.received.push(message)
    this.#heard?.()
  }

  async terminate(): Promise<void> {
    this.terminations++
    this.#exit({ why: 'terminated' })
  }

  /** Sends these messages. Objects are encoded as headers. */
  say(...messages: readonly (string | object)[]): void {
    this.init.onOutput(messages.map((message) => (typeof message === 'string' ? message : JSON.stringify(message))))
  }

  endTurn(): void {
    this.init.onTurn({ index: this.#turns++ })
  }

  end(exit: GuestExit): void {
    this.#exit(exit)
  }

  /** Waits for the next message from the host. */
  hears(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve
    })
  }
}
