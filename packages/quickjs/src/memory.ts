export const PAGE_BYTES = 65_536
/** What the module itself asks for. */
export const MODULE_PAGES = 256
/** What it is made to ask for in threads: its data and stack take the first 82, a guest that has booted a few more. */
export const LOWERED_PAGES = 96
/** A memory that has grown past this costs more to wipe than to make anew. */
const MAX_REUSED_PAGES = MODULE_PAGES

/**
 * A memory that really has the bound: QuickJS's own limit does not count what Emscripten's allocator adds. Emscripten
 * tries several sizes when it grows, so only a last attempt that failed means that memory has run out.
 */
export class BoundedMemory {
  readonly memory: WebAssembly.Memory
  readonly #maximum: number
  #exhausted = false

  constructor(initialPages: number, bytes: number) {
    const maximum = Math.floor(bytes / PAGE_BYTES)
    const memory = new WebAssembly.Memory({ initial: initialPages, maximum })
    const grow = memory.grow.bind(memory)
    memory.grow = (pages) => {
      this.#exhausted = true
      // Refused here, at once: the engine's own refusal takes a millisecond, and a guest may ask ten thousand times.
      if (memory.buffer.byteLength / PAGE_BYTES + pages > maximum) throw REFUSED
      const before = grow(pages)
      this.#exhausted = false
      return before
    }
    this.memory = memory
    this.#maximum = maximum
  }

  /** Whether the guest asked for more than it may have. */
  get exhausted(): boolean {
    return this.#exhausted
  }

  /** Whether another guest with this limit may have the memory, once it is wiped. */
  mayServe(bytes: number): boolean {
    return (
      Math.floor(bytes / PAGE_BYTES) === this.#maximum &&
      !this.#exhausted &&
      this.memory.buffer.byteLength <= MAX_REUSED_PAGES * PAGE_BYTES
    )
  }

  /** Leaves no byte of what was in it. */
  wipe(): void {
    new Uint8Array(this.memory.buffer).fill(0)
  }
}

/** Made once: it is caught by Emscripten, which looks at nothing of it. */
const REFUSED = new RangeError('the memory limit is reached')
