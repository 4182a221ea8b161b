/** Of all messages and inputs together, in UTF-16 units: what a host keeps for each run so that it can be repeated. */
const MAX_LENGTH = 32 * 1024 * 1024

/**
 * What repeats a run: the messages that went into its guest, and the tool calls that came out. Fed to a fresh guest, the
 * messages bring it to the same point; there its calls meet their records, so that no tool is called twice.
 */
export class Journal {
  readonly #messages: string[] = []
  readonly #calls: { readonly path: string; readonly payload: string }[] = []
  #length = 0

  /** False once it was too long to be kept. */
  get isWhole(): boolean {
    return this.#length <= MAX_LENGTH
  }

  get messages(): readonly string[] {
    return this.#messages
  }

  addMessage(message: string): void {
    if (this.#hasRoom(message.length)) this.#messages.push(message)
  }

  addCall(path: string, payload: string): void {
    if (this.#hasRoom(path.length + payload.length)) this.#calls.push({ path, payload })
  }

  /** Whether the call of this number was the same before. */
  knowsCall(id: number, path: string, payload: string): boolean {
    const call = this.#calls[id - 1]
    return call !== undefined && call.path === path && call.payload === payload
  }

  #hasRoom(length: number): boolean {
    this.#length += length
    if (this.isWhole) return true
    this.#messages.length = 0
    this.#calls.length = 0
    return false
  }
}
