const PAGE_BYTES = 65_536
/** What the module itself asks for. */
const INITIAL_PAGES = 256

/** The smallest limit the engine can keep: its own data takes what is below. */
export const MIN_MEMORY_BYTES = (INITIAL_PAGES + 16) * PAGE_BYTES

export interface BoundedMemory {
  readonly memory: WebAssembly.Memory
  /** Whether the guest asked for more than it may have. */
  readonly exhausted: boolean
}

/**
 * A memory that really has the bound: QuickJS's own limit does not count what Emscripten's allocator adds. Emscripten
 * tries several sizes when it grows, so only a last attempt that failed means that memory has run out.
 */
export function boundedMemory(bytes: number): BoundedMemory {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: Math.floor(bytes / PAGE_BYTES) })
  let exhausted = false
  const grow = memory.grow.bind(memory)
  memory.grow = (pages) => {
    exhausted = true
    const before = grow(pages)
    exhausted = false
    return before
  }
  return {
    memory,
    get exhausted() {
      return exhausted
    },
  }
}
