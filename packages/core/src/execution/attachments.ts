import { Attachment } from '../catalog/attachment.ts'
import { ToolCallError } from '../contract/errors.ts'
import { base64ToBytes, bytesToBase64 } from '../protocol/codec/base64.ts'
import { encode } from '../protocol/codec.ts'
import { isRecord } from '../values/json.ts'

/** Bytes that the host keeps for a program, in base64. */
export interface StoredAttachment {
  readonly handle: string
  readonly data: string
}

/** Text that a guest receives, and the bytes that stay in the host. */
export interface EncodedOutput {
  readonly payload: string
  /** Absent if there are none. */
  readonly attachments?: readonly StoredAttachment[]
}

/** Maximum size of the attachments of one run together, in characters of base64. */
const MAX_ATTACHED = 64 * 1024 * 1024
/** Maximum depth at which attachments are revived. */
const MAX_DEPTH = 32
/** Start of all handles, so that other texts are not mistaken for one. */
const PREFIX = 'attachment:'

/** The attachments of one run by handle. */
export class Attachments {
  readonly #data = new Map<string, string>()
  #length = 0

  add(attachments: readonly StoredAttachment[] = []): void {
    for (const { handle, data } of attachments) {
      this.#data.set(handle, data)
      this.#length += data.length
    }
  }

  /**
   * Encodes the output of a call without the bytes of its attachments.
   *
   * @throws `ToolCallError` `LIMIT_MESSAGE_SIZE` if the run has too many bytes in attachments, or as `encode`
   */
  encode(call: number, output: unknown): EncodedOutput {
    const attachments: StoredAttachment[] = []
    let length = this.#length
    const payload = encode(output, {
      replace: (instance) => {
        if (!(instance instanceof Attachment)) return instance
        const handle = `${PREFIX}${call}.${attachments.length + 1}`
        length += Math.ceil(instance.size / 3) * 4
        if (length > MAX_ATTACHED)
          throw new ToolCallError(
            'LIMIT_MESSAGE_SIZE',
            `The images and files that this program received take more than ${MAX_ATTACHED} bytes in base64`,
          )
        attachments.push({ handle, data: bytesToBase64(instance.bytes) })
        return { ...instance, handle }
      },
    })
    return attachments.length === 0 ? { payload } : { payload, attachments }
  }

  /**
   * Puts the bytes back into a value of the guest: an object with the handle of an attachment has `bytes` in place of
   * `handle` and `size`. Changes the value in place.
   *
   * @param payload encoded form of the value
   * @returns whether the value has attachments
   */
  fillIn(value: unknown, payload: string): boolean {
    if (this.#data.size === 0 || !payload.includes(PREFIX)) return false
    const known = new Map<string, Uint8Array>()
    const seen = new Set<object>()
    const pending: unknown[] = [value]
    for (let each = pending.pop(); each !== undefined || pending.length > 0; each = pending.pop()) {
      if (typeof each !== 'object' || each === null || seen.has(each) || ArrayBuffer.isView(each)) continue
      seen.add(each)
      if (isRecord(each) && typeof each.handle === 'string') this.#restore(each, each.handle, known)
      const inner = each instanceof Map || each instanceof Set ? each.values() : Object.values(each)
      for (const part of inner) pending.push(part)
    }
    return known.size > 0
  }

  /** Turns the parts of a recorded output that have a handle into attachments again. Changes the value in place. */
  revive(value: unknown, depth = 0): unknown {
    if (this.#data.size === 0 || typeof value !== 'object' || value === null || depth > MAX_DEPTH) return value
    if (Array.isArray(value)) return value.map((each) => this.revive(each, depth + 1))
    if (!isRecord(value) || ArrayBuffer.isView(value)) return value
    const bytes = typeof value.handle === 'string' ? this.bytes(value.handle) : undefined
    if (bytes !== undefined) return new Attachment(bytes, value as { readonly type: string })
    for (const [key, part] of Object.entries(value)) Object.assign(value, { [key]: this.revive(part, depth + 1) })
    return value
  }

  #restore(record: Record<string, unknown>, handle: string, known: Map<string, Uint8Array>): void {
    const bytes = known.get(handle) ?? this.bytes(handle)
    if (bytes === undefined) return
    known.set(handle, bytes)
    delete record.handle
    delete record.size
    record.bytes = bytes
  }

  /** Returns the bytes of an attachment, or undefined if the run has none with this handle. */
  bytes(handle: string): Uint8Array | undefined {
    const data = this.#data.get(handle)
    return data === undefined ? undefined : base64ToBytes(data)
  }
}
