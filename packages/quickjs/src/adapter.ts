import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import {
  type Guest,
  type GuestInit,
  Pool,
  type PreparedProgram,
  type SandboxAdapter,
  SandboxError,
} from '@glovebox/core/adapter'
import { measuresCpuTime } from './cpu-time.ts'
import { ENGINE } from './engine-build.ts'
import { lowerInitialMemory } from './initial-memory.ts'
import { LOWERED_PAGES } from './memory.ts'
import { checkMemoryLimit } from './memory-limit.ts'
import { ReaderThread } from './reader-thread.ts'
import { WorkerThread } from './worker-thread.ts'

export interface PoolSize {
  /** Threads kept warm. */
  readonly min: number
  /** Executions at once; more wait for their turn. */
  readonly max: number
}

/** A thread starts in 25 to 60 ms and most programs end sooner, so a short wait beats another thread. */
const GROW_AFTER_MS = 25
const IDLE_MS = 30_000
/** A text that takes long to read holds up one of them. */
const MAX_READERS = 3

const module_ = lazy(async () => {
  const path = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')
  return WebAssembly.compile(lowerInitialMemory(await readFile(path), LOWERED_PAGES))
})

/** QuickJS in worker threads. A thread has one guest at a time, so what ends it ends no other. */
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
  readonly #readers = new Pool<ReaderThread>({
    min: 1,
    max: MAX_READERS,
    growAfterMs: GROW_AFTER_MS,
    idleMs: IDLE_MS,
    create: async () => new ReaderThread(),
    destroy: (thread) => thread.terminate(),
  })
  #pool: Pool<WorkerThread> | undefined
  #isClosed = false

  constructor(size: PoolSize) {
    this.#size = size
  }

  async start(init: GuestInit): Promise<Guest> {
    if (this.#isClosed) throw new SandboxError('SANDBOX_CLOSED', 'The QuickJS sandbox is closed')
    checkMemoryLimit(init.memoryBytes)
    this.#pool ??= this.#createPool(init)
    const pool = this.#pool
    const thread = await pool.acquire(init.signal)
    const onFree = () => (thread.isDead ? pool.discard(thread) : pool.release(thread))
    return thread.makeGuest(init, onFree)
  }

  async prepare(text: string, signal: AbortSignal): Promise<PreparedProgram> {
    const thread = await this.#readers.acquire(signal)
    try {
      return await thread.read(text, signal)
    } finally {
      if (thread.isDead) this.#readers.discard(thread)
      else this.#readers.release(thread)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([this.#pool?.close(), this.#readers.close()])
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #createPool({ runtime }: GuestInit): Pool<WorkerThread> {
    return new Pool({
      ...this.#size,
      growAfterMs: GROW_AFTER_MS,
      idleMs: IDLE_MS,
      create: async () => WorkerThread.start({ module: await module_(), initialPages: LOWERED_PAGES, runtime }),
      destroy: (thread) => thread.terminate(),
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
