import { MODULE_PAGES } from './memory.ts'

const IMPORT_SECTION = 2
const MEMORY_IMPORT = 2
const HEADER_BYTES = 8

/**
 * Makes a module ask for fewer pages of memory to begin with; it grows into the rest. Emscripten fixes the number at
 * build time, generously, and every page counts: V8 collects garbage by how much memory the instances hold.
 *
 * @throws `Error` for a module that does not import a memory of {@link MODULE_PAGES}
 */
export function lowerInitialMemory(wasm: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const lowered = new Uint8Array(wasm)
  const at = offsetOfInitialPages(lowered)
  // The number keeps its length in bytes, so that nothing moves: LEB128 may be padded.
  lowered[at] = 0x80 | (pages & 0x7f)
  lowered[at + 1] = pages >> 7
  return lowered
}

/** Follows the binary format's sections and imports: https://webassembly.github.io/spec/core/binary/modules.html */
function offsetOfInitialPages(wasm: Uint8Array): number {
  let at = HEADER_BYTES
  const number = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const skipName = (): void => {
    const length = number()
    at += length
  }
  while (at < wasm.length) {
    const section = wasm[at++]
    const size = number()
    if (section !== IMPORT_SECTION) {
      at += size
      continue
    }
    for (let left = number(); left > 0; left--) {
      skipName()
      skipName()
      const kind = wasm[at++]
      // Before the number stand the memory's flags; functions have one number instead.
      const before = at + 1
      number()
      if (kind === MEMORY_IMPORT && number() === MODULE_PAGES) return before
    }
  }
  throw new Error(`the module of QuickJS does not import a memory of ${MODULE_PAGES} pages`)
}
