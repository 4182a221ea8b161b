import { MODULE_PAGES } from './memory.ts'

const IMPORT_SECTION = 2
const MEMORY_IMPORT = 2
const HEADER_BYTES = 8

/**
 * Returns a copy of a module that requires fewer pages of initial memory; the memory can still grow. Emscripten fixes
 * the number at build time, and it is larger than needed. Every page counts, because V8 schedules garbage collection by
 * the memory that the instances hold.
 *
 * @throws `Error` if the module does not import a memory of {@link MODULE_PAGES} pages
 */
export function lowerInitialMemory(wasm: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const lowered = new Uint8Array(wasm)
  const at = offsetOfInitialPages(lowered)
  // The number keeps its length in bytes, so that no offset changes: LEB128 allows padding.
  lowered[at] = 0x80 | (pages & 0x7f)
  lowered[at + 1] = pages >> 7
  return lowered
}

/**
 * Finds the offset of the initial number of pages in the import section. See
 * https://webassembly.github.io/spec/core/binary/modules.html for the binary format.
 */
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
      // The memory's flags come before the number; functions have one number instead.
      const before = at + 1
      number()
      if (kind === MEMORY_IMPORT && number() === MODULE_PAGES) return before
    }
  }
  throw new Error(`the module of QuickJS does not import a memory of ${MODULE_PAGES} pages`)
}
