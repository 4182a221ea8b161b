import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import {
  Carriers,
  type Guest,
  type GuestInit,
  type PreparedProgram,
  type SandboxAdapter,
  SandboxError,
} from '@glovebox/core/adapter'
import { ProgramReader } from '@glovebox/node'
import { measuresCpuTime } from './cpu-time.ts'
import { ENGINE } from './engine-build.ts'
import { lowerInitialMemory } from './initial-memory.ts'
import { LOWERED_PAGES } from './memory.ts'
import { checkMemoryLimit } from './memory-limit.ts'
import { connectThread } from './worker-thread.ts'

export interface PoolSize {
  /** Threads kept warm. */
  readonly min: number
  readonly max: number
  /** Guests that one thread holds at once where all of them wait for something. */
  readonly guestsPerThread: number
}

/** A thread starts in 25 to 60 ms and most programs end sooner, so a short wait beats another thread. */
const GROW_AFTER_MS = 25
const IDLE_MS = 30_000

const module_ = lazy(async () => {
  const path = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')
  return WebAssembly.compile(lowerInitialMemory(await readFile(path), LOWERED_PAGES))
})

/** QuickJS in worker threads, which guests share as long as none of them computes for long. */
export class QuickJSAdapter implements SandboxAdapter {
  readonly name = 'quickjs'
  readonly engine = ENGINE
  readonly guarantees = {
    boundary: 'thread',
    stopsNativeLoops: true,
    survivesOutOfMemory: true,
    memory: 'hard',
    cpuTime: measuresCpuTime,
    isolatesCrashes: true,
    deterministic: true,
  } as const
  readonly #size: PoolSize
  readonly #reader = new ProgramReader()
  #threads: Carriers | undefined
  #isClosed = false

  constructor(size: PoolSize) {
    this.#size = size
  }

  async start(init: GuestInit): Promise<Guest> {
    if (this.#isClosed) throw new SandboxError('SANDBOX_CLOSED', 'The QuickJS sandbox is closed')
    checkMemoryLimit(init.memoryBytes)
    this.#threads ??= this.#createThreads(init)
    return this.#threads.start(init)
  }

  prepare(text: string, signal: AbortSignal): Promise<PreparedProgram> {
    return this.#reader.read(text, signal)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([this.#threads?.close(), this.#reader.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #createThreads({ runtime }: GuestInit): Carriers {
    const { min, max, guestsPerThread } = this.#size
    return new Carriers({
      min,
      max,
      // The memory of a guest that has ended serves the next, so that one after the other beats all at once.
      eager: 1,
      capacity: guestsPerThread,
      isSerial: true,
      growAfterMs: GROW_AFTER_MS,
      idleMs: IDLE_MS,
      connect: async (events) =>
        connectThread({ module: await module_(), initialPages: LOWERED_PAGES, runtime }, guestsPerThread, events),
    })
  }
}

function lazy<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => {
    made ??= make()
    return made
  }
}
