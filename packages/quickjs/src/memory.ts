import { SandboxError } from '@glovebox/core/adapter'

const PAGE_BYTES = 65_536
/** What the module itself asks for. */
const INITIAL_PAGES = 256

/** The engine's own data takes what is below, and its addresses end above. */
const MIN_MEMORY_BYTES = (INITIAL_PAGES + 16) * PAGE_BYTES
const MAX_MEMORY_BYTES = 32_768 * PAGE_BYTES

/** @throws `SandboxError` `LIMIT_UNSUPPORTED` for a limit that this engine cannot keep */
export function checkMemoryLimit(bytes: number): void {
  if (bytes >= MIN_MEMORY_BYTES && bytes <= MAX_MEMORY_BYTES) return
  const range = `${MIN_MEMORY_BYTES} to ${MAX_MEMORY_BYTES}`
  throw new SandboxError('LIMIT_UNSUPPORTED', `QuickJS keeps limits of ${range} bytes of memory, not ${bytes}`)
}

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
  const maximum = Math.floor(bytes / PAGE_BYTES)
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum })
  let exhausted = false
  const grow = memory.grow.bind(memory)
  memory.grow = (pages) => {
    exhausted = true
    // Refused here, at once: the engine's own refusal takes a millisecond, and a guest may ask ten thousand times.
    if (memory.buffer.byteLength / PAGE_BYTES + pages > maximum) throw REFUSED
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

/** Made once: it is caught by Emscripten, which looks at nothing of it. */
const REFUSED = new RangeError('the memory limit is reached')
