import {
  Carriers,
  type Guest,
  type GuestInit,
  type PreparedProgram,
  type SandboxAdapter,
  SandboxError,
} from '@glovebox/core/adapter'
import { ProgramReader } from '@glovebox/node'
import { connectProcess } from './child-process.ts'
import { findLibrary } from './library.ts'

export interface ProcessPool {
  /** Processes kept warm. */
  readonly min: number
  readonly max: number
  readonly guestsPerProcess: number
}

/** As small as V8 makes a heap. */
const MIN_MEMORY_BYTES = 8 * 1024 * 1024
/** Larger heaps than V8's pointers reach. */
const MAX_MEMORY_BYTES = 4 * 1024 * 1024 * 1024
/** Guests run on threads of their own, so that a process takes several at once as well as one after the other. */
const EAGER_GUESTS = 16
const GROW_AFTER_MS = 25
const IDLE_MS = 30_000

/** A fresh V8 isolate for each guest, in processes that guests share and that may be lost. */
export class IsolatedVmAdapter implements SandboxAdapter {
  readonly name = 'isolated-vm'
  readonly engine: string
  readonly guarantees = {
    boundary: 'process',
    stopsNativeLoops: true,
    survivesOutOfMemory: true,
    memory: 'soft',
    cpuTime: true,
    isolatesCrashes: true,
    deterministic: true,
  } as const
  readonly #pool: ProcessPool
  readonly #reader = new ProgramReader()
  #processes: Carriers | undefined
  #isClosed = false

  /** @throws `SandboxError` `SANDBOX_UNAVAILABLE` */
  constructor(pool: ProcessPool) {
    this.#pool = pool
    this.engine = `isolated-vm@${findLibrary().version}/v8@${process.versions.v8}`
  }

  async start(init: GuestInit): Promise<Guest> {
    if (this.#isClosed) throw new SandboxError('SANDBOX_CLOSED', 'The isolated-vm sandbox is closed')
    checkMemoryLimit(init.memoryBytes)
    this.#processes ??= this.#createProcesses(init)
    return this.#processes.start(init)
  }

  prepare(text: string, signal: AbortSignal): Promise<PreparedProgram> {
    return this.#reader.read(text, signal)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([this.#processes?.close(), this.#reader.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #createProcesses({ runtime }: GuestInit): Carriers {
    const { min, max, guestsPerProcess } = this.#pool
    return new Carriers({
      min,
      max,
      eager: Math.min(EAGER_GUESTS, guestsPerProcess),
      capacity: guestsPerProcess,
      isSerial: false,
      growAfterMs: GROW_AFTER_MS,
      idleMs: IDLE_MS,
      connect: (events) => connectProcess(runtime, events),
    })
  }
}

/** @throws `SandboxError` `LIMIT_UNSUPPORTED` for a limit that this engine cannot keep */
function checkMemoryLimit(bytes: number): void {
  if (bytes >= MIN_MEMORY_BYTES && bytes <= MAX_MEMORY_BYTES) return
  const range = `${MIN_MEMORY_BYTES} to ${MAX_MEMORY_BYTES}`
  throw new SandboxError('LIMIT_UNSUPPORTED', `isolated-vm keeps limits of ${range} bytes of memory, not ${bytes}`)
}
