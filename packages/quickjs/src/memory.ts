export const PAGE_BYTES = 65_536
/** Initial pages that the unmodified module requires. */
export const MODULE_PAGES = 256
/**
 * Initial pages in threads. The engine's data and stack take the first 82 pages, and a booted guest takes a few more.
 */
export const LOWERED_PAGES = 96
/** Maximum size in pages of a memory that is reused. A larger one costs more to wipe than to replace. */
const MAX_REUSED_PAGES = MODULE_PAGES

/**
 * WebAssembly memory with a hard limit. The limit of QuickJS itself does not count the overhead of Emscripten's
 * allocator. Emscripten tries several sizes when it grows, so memory has run out only if the last attempt failed.
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
      // Rejected here, because a failed `grow` takes a millisecond and a guest may try ten thousand times.
      if (memory.buffer.byteLength / PAGE_BYTES + pages > maximum) throw REFUSED
      const before = grow(pages)
      this.#exhausted = false
      return before
    }
    this.memory = memory
    this.#maximum = maximum
  }

  /** Whether the guest tried to exceed its limit. */
  get exhausted(): boolean {
    return this.#exhausted
  }

  /** Returns whether another guest with this limit, in bytes, may use the memory once it is wiped. */
  mayServe(bytes: number): boolean {
    return (
      Math.floor(bytes / PAGE_BYTES) === this.#maximum &&
      !this.#exhausted &&
      this.memory.buffer.byteLength <= MAX_REUSED_PAGES * PAGE_BYTES
    )
  }

  /** Overwrites all bytes with zero. */
  wipe(): void {
    new Uint8Array(this.memory.buffer).fill(0)
  }
}

/** Created once: Emscripten catches it and does not read it. */
const REFUSED = new RangeError('the memory limit is reached')
