import { Pool, type PreparedProgram } from '@glovebox/core/adapter'
import { ReaderThread } from './reader-thread.ts'

/** A text that takes long to read holds up one of them. */
const MAX_THREADS = 3
const GROW_AFTER_MS = 25
const IDLE_MS = 30_000

/** Reads programs on threads that can be ended: what an adapter's `prepare` promises. */
export class ProgramReader implements AsyncDisposable {
  readonly #threads = new Pool<ReaderThread>({
    min: 1,
    max: MAX_THREADS,
    growAfterMs: GROW_AFTER_MS,
    idleMs: IDLE_MS,
    create: async () => new ReaderThread(),
    destroy: (thread) => thread.terminate(),
  })

  /** @throws `ProgramSyntaxError`; the signal's reason, and then nothing goes on */
  async read(text: string, signal: AbortSignal, onBegin?: () => void): Promise<PreparedProgram> {
    const thread = await this.#threads.acquire(signal)
    onBegin?.()
    try {
      return await thread.read(text, signal)
    } finally {
      if (thread.isDead) this.#threads.discard(thread)
      else this.#threads.release(thread)
    }
  }

  close(): Promise<void> {
    return this.#threads.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
