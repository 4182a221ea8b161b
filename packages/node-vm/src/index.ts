import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import {
  createProgramReader,
  describeExit,
  entryFile,
  guestEnvironment,
  LOCALE_BUILD,
  mainThreadTimeMsOf,
  PROCESS_GUARANTEES,
  residentBytesOf,
  retryShortage,
  spawnChild,
  unavailableBy,
  watchStart,
} from '@glovebox/adapter-node'
import {
  createSandbox,
  type Guest,
  type GuestExit,
  type GuestInit,
  type RunInit,
  type Sandbox,
  type SandboxAdapter,
  SandboxError,
  StallMeter,
} from '@glovebox/core/adapter'
import type { FromGuest, ToGuest } from './guest.ts'

const GUEST = { beside: './glovebox-guest.js', specifier: '@glovebox/node-vm/guest', from: import.meta.url }
const TICK_MS = 25
/** Time in milliseconds after which a process that owes an answer and does not compute counts as stopped. */
const STALLED_MS = 4_000
/** Memory of a process in bytes, in addition to the heap of its guest. */
const PROCESS_BYTES = 96 * 1024 * 1024

/**
 * Creates a sandbox that runs each program in a `node:vm` context, in a separate child process. **For trusted code
 * only**: `vm` is not a security mechanism, and a program that escapes from it has the permissions of your process.
 * This package is an example of a small, complete adapter.
 */
export function nodeVm(): Sandbox {
  return createSandbox(new NodeVmAdapter(), { ready: 1, reader: createProgramReader() })
}

class NodeVmAdapter implements SandboxAdapter {
  readonly name = 'node-vm'
  readonly engine = `node-vm/v8@${process.versions.v8}/${LOCALE_BUILD}`
  /** `cpuTime` is false because the elapsed time of turns is used instead of their CPU time. */
  readonly guarantees = { ...PROCESS_GUARANTEES, cpuTime: false }
  readonly #guests = new Set<NodeVmGuest>()
  #isClosed = false

  async start(init: GuestInit): Promise<Guest> {
    init.signal?.throwIfAborted()
    if (this.#isClosed) throw new SandboxError('SANDBOX_CLOSED', `The sandbox ${this.name} is closed`)
    const guest = new NodeVmGuest(init, await retryShortage(() => startProcess(init.memoryBytes), init.signal))
    this.#guests.add(guest)
    guest.exited.then(() => this.#guests.delete(guest))
    if (this.#isClosed) await guest.terminate()
    const exit = await guest.made
    if (exit?.why !== 'crashed') return guest
    throw unavailableBy('A process of Node could not be started', exit.detail)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#guests].map((guest) => guest.terminate()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

const startProcess = (memoryBytes: number): Promise<ChildProcess> =>
  spawnChild(
    process.execPath,
    [`--max-old-space-size=${Math.ceil(memoryBytes / 2 ** 20)}`, fileURLToPath(entryFile(GUEST)), `${process.pid}`],
    { env: guestEnvironment(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' },
  )

class NodeVmGuest implements Guest {
  /** Resolves when the guest is ready, or with its exit if it ended before that. */
  readonly made: Promise<GuestExit | undefined>
  readonly exited: Promise<GuestExit>
  readonly #child: ChildProcess
  readonly #stall: StallMeter
  readonly #memoryBytes: number
  #stderr = ''
  #init: RunInit | undefined
  #turns = 0
  #outstanding = 0
  #startedAt = 0
  #ranMs = 0
  #ticking: ReturnType<typeof setInterval> | undefined
  /** Exit to report: the reason why the process was killed. */
  #verdict: GuestExit | undefined

  constructor({ runtime, memoryBytes }: GuestInit, child: ChildProcess) {
    this.#memoryBytes = memoryBytes
    this.#child = child
    this.#stall = new StallMeter(() => mainThreadTimeMsOf(child.pid))
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve(this.#exitOf(code, signal)))
    })
    this.exited.then(() => clearInterval(this.#ticking))
    const made = new Promise<undefined>((resolve) => this.#child.once('message', () => resolve(undefined)))
    this.made = Promise.race([made, this.exited])
    const endWatch = watchStart(child.pid, ({ detail, isForeign }) =>
      this.#kill(isForeign ? { why: 'lost', running: false, detail } : { why: 'crashed', detail }),
    )
    this.made.then(endWatch)
    made.then(() => this.#child.on('message', (answer: FromGuest) => this.#onTurn(answer)))
    this.#child.stderr?.on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-8_192)
    })
    this.#post({ type: 'make', runtime })
    // A guest does not keep the host process alive: an execution that waits holds its own timer.
    for (const handle of this.#handles) handle?.unref()
  }

  run(init: RunInit): void {
    this.#init = init
    const { program, first, limits } = init
    this.#begin({ type: 'run', program, first, limits })
  }

  send(message: string): void {
    this.#begin({ type: 'send', message })
  }

  async terminate(): Promise<void> {
    this.#kill({ why: 'terminated' })
    // The host process stays alive until the end that the caller waits for.
    for (const handle of this.#handles) handle?.ref()
    await this.exited
  }

  get #handles() {
    return [this.#child, this.#child.channel, this.#child.stderr as Socket]
  }

  #post(order: ToGuest): void {
    if (this.#child.connected) this.#child.send(order, () => {})
  }

  #begin(order: ToGuest): void {
    if (this.#verdict !== undefined) return
    if (this.#outstanding++ === 0) {
      this.#startedAt = performance.now()
      this.#stall.reset()
    }
    this.#ticking ??= setInterval(() => this.#watch(), TICK_MS).unref()
    this.#post(order)
  }

  #onTurn({ messages, isFlood, failed }: FromGuest): void {
    this.#account()
    if (isFlood) this.#kill({ why: 'limit', limit: 'output' })
    if (this.#verdict !== undefined || this.#outstanding === 0) return
    this.#outstanding--
    if (messages.length > 0) this.#init?.onOutput(messages)
    this.#init?.onTurn({ index: this.#turns++, ...(failed === undefined ? {} : { failed }) })
  }

  /** Measures the time of turns in the host, because a guest could report a wrong time. */
  #account(isComputing = true): void {
    const now = performance.now()
    if (isComputing) this.#ranMs += now - this.#startedAt
    this.#startedAt = now
    if (this.#ranMs > (this.#init as RunInit).limits.cpuTimeMs) this.#kill({ why: 'limit', limit: 'cpu' })
  }

  #watch(): void {
    if (this.#outstanding === 0) return
    this.#account(this.#stall.tick(TICK_MS))
    if (this.#stall.stalledMs >= STALLED_MS) {
      this.#kill({ why: 'lost', running: false, detail: 'its process did not answer' })
    }
    const isOver = (residentBytesOf(this.#child.pid) ?? 0) > PROCESS_BYTES + 2 * this.#memoryBytes
    if (isOver) this.#kill({ why: 'limit', limit: 'memory' })
  }

  #kill(exit: GuestExit): void {
    this.#verdict ??= exit
    this.#child.kill('SIGKILL')
  }

  #exitOf(code: number | null, signal: NodeJS.Signals | null): GuestExit {
    if (this.#verdict !== undefined) return this.#verdict
    const { detail, limit, isForeign } = describeExit(code, signal, this.#stderr)
    this.#verdict = limit === undefined ? { why: 'crashed', detail } : { why: 'limit', limit }
    return isForeign ? { why: 'lost', running: false, detail } : this.#verdict
  }
}

export type { Sandbox }
