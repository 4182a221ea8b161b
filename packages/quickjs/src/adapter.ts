import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Guest, type GuestInit, Pool, type SandboxAdapter, SandboxError } from '@glovebox/core/adapter'
import { measuresCpuTime } from './cpu-time.ts'
import { ENGINE } from './engine-build.ts'
import { MIN_MEMORY_BYTES } from './memory.ts'
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

const module_ = lazy(async () => {
  const path = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')
  return WebAssembly.compile(await readFile(path))
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
  #pool: Pool<WorkerThread> | undefined
  #isClosed = false

  constructor(size: PoolSize) {
    this.#size = size
  }

  async start(init: GuestInit): Promise<Guest> {
    if (this.#isClosed) throw new SandboxError('SANDBOX_CLOSED', 'The QuickJS sandbox is closed')
    if (init.memoryBytes < MIN_MEMORY_BYTES) {
      throw new SandboxError(
        'LIMIT_UNSUPPORTED',
        `QuickJS needs a limit of at least ${MIN_MEMORY_BYTES} bytes of memory, not ${init.memoryBytes}`,
      )
    }
    this.#pool ??= this.#createPool(init)
    const pool = this.#pool
    const thread = await pool.acquire(init.signal)
    const onFree = () => (thread.isDead ? pool.discard(thread) : pool.release(thread))
    return thread.makeGuest(init, onFree)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#pool?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #createPool({ runtime }: GuestInit): Pool<WorkerThread> {
    return new Pool({
      ...this.#size,
      growAfterMs: GROW_AFTER_MS,
      idleMs: IDLE_MS,
      create: async () => WorkerThread.start({ module: await module_(), runtime }),
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
