import { Attachment } from '../catalog/attachment.ts'
import { ToolCallError } from '../contract/errors.ts'
import { encode } from '../protocol/codec.ts'
import { fromBase64, toBase64 } from '../values/base64.ts'
import { isRecord } from '../values/json.ts'

/** An attachment in the log of a run. As JSON, its bytes are in base64. */
class StoredAttachment {
  readonly handle: string
  readonly bytes: Uint8Array

  constructor(handle: string, bytes: Uint8Array) {
    this.handle = handle
    this.bytes = bytes
  }

  toJSON(): StoredAttachmentJson {
    return { handle: this.handle, data: toBase64(this.bytes) }
  }
}

/** A {@link StoredAttachment} as JSON has it. */
interface StoredAttachmentJson {
  readonly handle: string
  /** Bytes in base64. */
  readonly data: string
}

/** Text that a guest receives, and the bytes that stay in the host. */
export interface EncodedOutput {
  readonly payload: string
  /** Absent if there are none. */
  readonly attachments?: readonly (StoredAttachment | StoredAttachmentJson)[]
}

/** Maximum size of the attachments of one run together, in bytes. */
const MAX_ATTACHED_BYTES = 48 * 1024 * 1024
/** Start of all handles, so that other texts are not mistaken for one. */
const PREFIX = 'attachment:'

/** The attachments of one run by handle. */
export class Attachments {
  readonly #bytes = new Map<string, Uint8Array>()
  #size = 0

  /** Adds those of an entry of the log, unless they are known. */
  add(attachments: EncodedOutput['attachments'] = []): void {
    for (const each of attachments) {
      if (this.#bytes.has(each.handle)) continue
      this.#keep(each.handle, 'bytes' in each ? each.bytes : fromBase64(each.data))
    }
  }

  #keep(handle: string, bytes: Uint8Array): void {
    this.#bytes.set(handle, bytes)
    this.#size += bytes.byteLength
  }

  /**
   * Encodes the output of a call without the bytes of its attachments, and keeps them.
   *
   * @throws `ToolCallError` `LIMIT_MESSAGE_SIZE` if the run has too many bytes in attachments, or as `encode`
   */
  encode(call: number, output: unknown): EncodedOutput {
    const attachments: StoredAttachment[] = []
    const payload = encode(output, {
      replace: (instance) => {
        if (!(instance instanceof Attachment)) return instance
        if (this.#size + instance.size > MAX_ATTACHED_BYTES)
          throw new ToolCallError(
            'LIMIT_MESSAGE_SIZE',
            `The images and files that this program received take more than ${MAX_ATTACHED_BYTES} bytes`,
          )
        const handle = `${PREFIX}${call}.${attachments.length + 1}`
        this.#keep(handle, instance.bytes)
        attachments.push(new StoredAttachment(handle, instance.bytes))
        return { ...instance, handle }
      },
    })
    return attachments.length === 0 ? { payload } : { payload, attachments }
  }

  /** Returns the bytes of an attachment, or undefined if the run has none with this handle. */
  bytes(handle: string): Uint8Array | undefined {
    return this.#bytes.get(handle)
  }

  /**
   * Puts the bytes back into a value of the guest: an object with the handle of an attachment has `bytes` in place of
   * `handle` and `size`. Changes the value in place.
   *
   * @param payload encoded form of the value
   * @returns whether the value has attachments
   */
  fillIn(value: unknown, payload: string): boolean {
    if (this.#bytes.size === 0 || !payload.includes(PREFIX)) return false
    let isFilled = false
    const seen = new Set<object>()
    const pending: unknown[] = [value]
    while (pending.length > 0) {
      const each = pending.pop()
      if (typeof each !== 'object' || each === null || seen.has(each) || ArrayBuffer.isView(each)) continue
      seen.add(each)
      if (isRecord(each) && this.#fill(each)) isFilled = true
      for (const part of partsOf(each)) pending.push(part)
    }
    return isFilled
  }

  #fill(record: Record<string, unknown>): boolean {
    const bytes = typeof record.handle === 'string' ? this.bytes(record.handle) : undefined
    if (bytes === undefined) return false
    delete record.handle
    delete record.size
    record.bytes = bytes
    return true
  }

  /** Turns the parts of a recorded output that have a handle into attachments again. Changes the value in place. */
  revive(value: unknown, seen = new Set<object>()): unknown {
    if (this.#bytes.size === 0 || typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
    const bytes = isRecord(value) && typeof value.handle === 'string' ? this.bytes(value.handle) : undefined
    if (bytes !== undefined) return new Attachment(bytes, value as { readonly type: string })
    if (seen.has(value)) return value
    seen.add(value)
    if (value instanceof Map) for (const [key, part] of value) value.set(key, this.revive(part, seen))
    else if (value instanceof Set) {
      const parts = [...value]
      value.clear()
      for (const part of parts) value.add(this.revive(part, seen))
    } else for (const [key, part] of Object.entries(value)) Object.assign(value, { [key]: this.revive(part, seen) })
    return value
  }
}

function partsOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.keys(), ...value.values()]
  return value instanceof Set ? value : Object.values(value)
}
