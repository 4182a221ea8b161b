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
