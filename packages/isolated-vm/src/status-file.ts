import { closeSync, existsSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Offset of the first slot. The child's resident memory in kB comes before it, as a 32-bit integer. */
const SLOTS_AT = 4

/**
 * Status of a child and its guests in an unnamed file, which the host can still read after the child has ended. The
 * child inherits the descriptor. The file has one byte for each slot, which is 1 while the slot's guest is in a turn.
 */
export class StatusFile {
  readonly descriptor: number
  readonly #byte = Buffer.alloc(1)
  readonly #word = Buffer.alloc(4)

  constructor(descriptor: number) {
    this.descriptor = descriptor
  }

  /**
   * Creates the file in shared memory if available, otherwise in the folder for temporary files.
   *
   * @throws an error of the file system
   */
  static create(): StatusFile {
    const folder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
    const path = join(folder, `glovebox-${crypto.randomUUID()}`)
    const descriptor = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
    return new StatusFile(descriptor)
  }

  isInTurn(slot: number): boolean {
    return readSync(this.descriptor, this.#byte, 0, 1, SLOTS_AT + slot) === 1 && this.#byte[0] === 1
  }

  setInTurn(slot: number, isInTurn: boolean): void {
    this.#byte[0] = isInTurn ? 1 : 0
    writeSync(this.descriptor, this.#byte, 0, 1, SLOTS_AT + slot)
  }

  get residentBytes(): number {
    readSync(this.descriptor, this.#word, 0, 4, 0)
    return this.#word.readUInt32LE() * 1024
  }

  set residentBytes(bytes: number) {
    this.#word.writeUInt32LE(Math.round(bytes / 1024))
    writeSync(this.descriptor, this.#word, 0, 4, 0)
  }

  close(): void {
    closeSync(this.descriptor)
  }
}
