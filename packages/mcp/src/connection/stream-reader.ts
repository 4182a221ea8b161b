/** Maximum size of one message of a server, in bytes. A larger one ends the connection. */
export const MAX_MESSAGE_BYTES = 256 * 1024 * 1024

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const PREFIX = 'id:'

/** Follows the bytes of a response: the size of its current message, and whether a complete event had an id. */
export class StreamReader {
  readonly #isStream: boolean
  /** Size of the current message. The only message of a response that is no stream of events is its body. */
  bytes = 0
  /** Whether an event with an id is complete, so that the stream can be continued after it. */
  hasId = false
  #lineStart = ''
  #lineLength = 0
  #isIdPending = false

  constructor(isStream: boolean) {
    this.#isStream = isStream
  }

  add(chunk: Uint8Array): void {
    this.bytes += chunk.byteLength
    if (!this.#isStream) return
    for (const [index, byte] of chunk.entries()) {
      if (byte === LINE_FEED) this.#endLine(chunk.byteLength - index - 1)
      else if (byte !== CARRIAGE_RETURN && this.#lineLength++ < PREFIX.length)
        this.#lineStart += String.fromCharCode(byte)
    }
  }

  /** @param left number of bytes that follow the line */
  #endLine(left: number): void {
    if (this.#lineLength === 0) {
      this.hasId ||= this.#isIdPending
      this.#isIdPending = false
      this.bytes = left
    } else if (this.#lineStart === PREFIX) this.#isIdPending = this.#lineLength > PREFIX.length
    this.#lineStart = ''
    this.#lineLength = 0
  }
}
