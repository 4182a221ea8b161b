import { readSync } from 'node:fs'

/**
 * Size of a length field in bytes. A frame is a list of strings: its total length, then the length and the text of each
 * string. The first string is a JSON header. Large texts follow it as separate strings, so that they are neither
 * escaped nor parsed.
 */
const LENGTH_BYTES = 4
/** Maximum size of a frame in bytes, which is more than any valid message needs. */
const MAX_FRAME_BYTES = 1024 * 1024 * 1024

/** Encodes a list of strings as a frame. */
export function writeFrame(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text))
  const size = lengths.reduce((sum, length) => sum + LENGTH_BYTES + length, 0)
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + size)
  let at = frame.writeUInt32LE(size)
  for (const [index, text] of texts.entries()) {
    at = frame.writeUInt32LE(lengths[index] as number, at)
    at += frame.write(text, at)
  }
  return frame
}

/** Initial size of the buffer of a blocking reader in bytes. */
const BUFFER_BYTES = 64 * 1024

/** Reads frames from a trusted pipe, and waits for each of them. */
export class BlockingFrames {
  readonly #descriptor: number
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #start = 0
  #end = 0

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  /** Returns the texts of the next frame, or undefined if the other side has closed the pipe. */
  next(): string[] | undefined {
    for (;;) {
      const buffered = this.#end - this.#start
      const size = LENGTH_BYTES + (buffered < LENGTH_BYTES ? 0 : this.#buffer.readUInt32LE(this.#start))
      if (buffered >= LENGTH_BYTES && buffered >= size) {
        const body = this.#buffer.subarray(this.#start + LENGTH_BYTES, this.#start + size)
        this.#start += size
        return parseTexts(body)
      }
      this.#makeRoom(size)
      const count = readSync(this.#descriptor, this.#buffer, this.#end, this.#buffer.length - this.#end, null)
      if (count === 0) return undefined
      this.#end += count
    }
  }

  /** Moves what is buffered to the start of a buffer that holds a frame of this size. */
  #makeRoom(size: number): void {
    const target = size > this.#buffer.length ? Buffer.allocUnsafeSlow(size) : this.#buffer
    this.#buffer.copy(target, 0, this.#start, this.#end)
    this.#buffer = target
    this.#end -= this.#start
    this.#start = 0
  }
}

/** Reassembles frames from the chunks that arrive through the pipe. */
export class FrameReader {
  readonly #onFrame: (texts: string[]) => void
  #parts: Buffer[] = []
  #buffered = 0

  constructor(onFrame: (texts: string[]) => void) {
    this.#onFrame = onFrame
  }

  /**
   * Adds a chunk and passes on the frames that it completes.
   *
   * @throws `RangeError` if a frame is malformed or too large
   */
  push(part: Buffer): void {
    this.#parts.push(part)
    this.#buffered += part.length
    for (let size = this.#frameSize(); size !== undefined && size <= this.#buffered; size = this.#frameSize()) {
      this.#onFrame(parseTexts(this.#take(size).subarray(LENGTH_BYTES)))
    }
  }

  #frameSize(): number | undefined {
    if (this.#buffered < LENGTH_BYTES) return undefined
    if ((this.#parts[0] as Buffer).length < LENGTH_BYTES) this.#parts = [Buffer.concat(this.#parts)]
    const size = (this.#parts[0] as Buffer).readUInt32LE()
    if (size > MAX_FRAME_BYTES) throw new RangeError(`a frame has ${size} bytes, more than ${MAX_FRAME_BYTES}`)
    return LENGTH_BYTES + size
  }

  #take(bytes: number): Buffer {
    const whole = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)
    this.#parts = whole.length === bytes ? [] : [whole.subarray(bytes)]
    this.#buffered -= bytes
    return whole.subarray(0, bytes)
  }
}

function parseTexts(body: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < body.length; ) {
    const start = at + LENGTH_BYTES
    const end = start + body.readUInt32LE(at)
    if (end > body.length) throw new RangeError('a text in a frame is longer than the frame')
    texts.push(body.toString('utf8', start, end))
    at = end
  }
  return texts
}
