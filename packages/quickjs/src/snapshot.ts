/** Size of a piece in bytes: small enough to copy little unchanged memory, large enough to keep the pieces few. */
const PIECE_BYTES = 1_024

/**
 * Changes that booting made to a memory. Writing them to a new memory that went through the same steps up to the boot
 * replaces booting it.
 */
export interface MemorySnapshot {
  /** Size of the memory in bytes. */
  readonly length: number
  readonly pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[]
}

export function writeSnapshot({ length, pieces }: MemorySnapshot, memory: WebAssembly.Memory): void {
  if (memory.buffer.byteLength < length) throw new Error('the snapshot is larger than the memory')
  const target = new Uint8Array(memory.buffer)
  for (const { offset, bytes } of pieces) target.set(bytes, offset)
}

/** Finds the changes that are made to a memory after this tracker was created. */
export class MemoryTracker {
  readonly #memory: WebAssembly.Memory
  readonly #before: ArrayBuffer

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory
    this.#before = memory.buffer.slice(0)
  }

  /** Returns the changes so far. Call it once: it frees the copy that it compares with, without waiting for V8. */
  changes(): MemorySnapshot {
    const now = new Uint8Array(this.#memory.buffer)
    const before = new Int32Array(this.#before)
    const after = new Int32Array(this.#memory.buffer)
    const words = PIECE_BYTES / after.BYTES_PER_ELEMENT
    const pieces: { offset: number; bytes: Uint8Array }[] = []
    for (let start = 0; start < after.length; start += words) {
      let word = start
      while (word < start + words && before[word] === after[word]) word++
      if (word === start + words) continue
      const offset = start * after.BYTES_PER_ELEMENT
      const last = pieces.at(-1)
      if (last !== undefined && last.offset + last.bytes.length === offset) {
        last.bytes = now.subarray(last.offset, offset + PIECE_BYTES)
      } else {
        pieces.push({ offset, bytes: now.subarray(offset, offset + PIECE_BYTES) })
      }
    }
    this.#before.transfer(0)
    return { length: now.length, pieces: pieces.map(({ offset, bytes }) => ({ offset, bytes: bytes.slice() })) }
  }
}
