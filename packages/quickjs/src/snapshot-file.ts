import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Snapshot } from './engine.ts'

/** Name of the file with a booted guest, beside the file of the threads. It is made when the package is built. */
export const SNAPSHOT_FILE = './glovebox-snapshot.bin'

/** Inputs that a snapshot depends on. */
export interface SnapshotOrigin {
  /** Source of the guest runtime. */
  readonly source: string
  /** WebAssembly of the engine. */
  readonly wasm: Uint8Array
}

interface Header extends Omit<Snapshot, 'memory'> {
  /** SHA-256 of the source, in hexadecimal. */
  readonly source: string
  /** SHA-256 of the WebAssembly, in hexadecimal. */
  readonly wasm: string
  readonly length: number
  /** Offset and size of each piece, in bytes. */
  readonly pieces: readonly (readonly [offset: number, size: number])[]
}

/** Encodes a snapshot: a line of JSON, then the bytes of all pieces. */
export function formatSnapshot({ memory, ...snapshot }: Snapshot, { source, wasm }: SnapshotOrigin): Uint8Array {
  const { length, pieces } = memory
  const sizes = pieces.map(({ offset, bytes }) => [offset, bytes.length] as const)
  const header: Header = { ...snapshot, source: digest(source), wasm: digest(wasm), length, pieces: sizes }
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...pieces.map(({ bytes }) => bytes)])
}

/**
 * Reads a snapshot. Returns undefined if there is none, as in a bundle without the file, or if it is of another engine or
 * runtime.
 */
export async function readSnapshot(file: URL, { source, wasm }: SnapshotOrigin): Promise<Snapshot | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (bytes === undefined) return undefined
  const end = bytes.indexOf('\n')
  const header = JSON.parse(bytes.toString('utf8', 0, end)) as Header
  if (header.source !== digest(source) || header.wasm !== digest(wasm)) return undefined
  const { length, pieces: sizes, ...snapshot } = header
  // Shared, so that threads do not copy it.
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length - end - 1))
  shared.set(bytes.subarray(end + 1))
  let at = 0
  const pieces = sizes.map(([offset, size]) => {
    const piece = { offset, bytes: shared.subarray(at, at + size) }
    at += size
    return piece
  })
  return { ...snapshot, memory: { length, pieces } }
}

const digest = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
