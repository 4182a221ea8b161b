import { closeSync, existsSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Before the slots: the child's resident memory in kB, as a 32-bit integer. */
const SLOTS_AT = 4

/**
 * What a child notes of itself and its guests in memory that outlives it: a file without a name, whose descriptor the
 * child inherits. A byte for each slot, 1 while its guest is in a turn.
 */
export class StatusFile {
  readonly descriptor: number
  readonly #byte = Buffer.alloc(1)
  readonly #word = Buffer.alloc(4)

  constructor(descriptor: number) {
    this.descriptor = descriptor
  }

  /** @throws an error of the file system */
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
