/** Maximum length of the recorded messages and inputs of one run, in UTF-16 code units. */
const MAX_LENGTH = 32 * 1024 * 1024

/**
 * Records a run so that it can be repeated: the messages to the guest and the guest's tool calls. The messages bring a
 * fresh guest to the same state. Its calls are compared with the recorded ones, so that no tool is called twice.
 */
export class Journal {
  readonly #messages: string[] = []
  readonly #calls: { readonly path: string; readonly payload: string }[] = []
  #length = 0

  /** Whether the whole run is recorded. False once it exceeded the maximum length. */
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

  /** Returns whether the recorded call with this number is the same. */
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
