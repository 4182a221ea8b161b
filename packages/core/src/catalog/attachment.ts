/**
 * Image, audio or other binary part of a tool's output. Its bytes stay in the host: a program receives an object with
 * `type`, `mimeType`, `size` in bytes and a `handle`, and reads the bytes with `await attachment.bytes()`. A program that
 * returns the object, or passes it to a tool, returns or passes the bytes.
 *
 * @example
 * ```ts
 * const tools = { screenshot: async () => new Attachment(await takePng(), { type: 'image', mimeType: 'image/png' }) }
 * ```
 */
export class Attachment {
  readonly #bytes: Uint8Array
  /** Kind of the content, such as `image`, `audio` or `resource`. */
  readonly type: string
  readonly mimeType: string | undefined
  /** Address of the content. Default: none */
  declare readonly uri?: string
  /** Size in bytes. */
  readonly size: number

  /** @throws `TypeError` for anything but a `Uint8Array` */
  constructor(
    bytes: Uint8Array,
    { type, mimeType, uri }: { readonly type: string; readonly mimeType?: string | undefined; readonly uri?: string },
  ) {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('An attachment needs its bytes as a Uint8Array')
    this.#bytes = bytes
    this.type = type
    if (uri !== undefined) this.uri = uri
    this.mimeType = mimeType
    this.size = bytes.byteLength
  }

  get bytes(): Uint8Array {
    return this.#bytes
  }
}
