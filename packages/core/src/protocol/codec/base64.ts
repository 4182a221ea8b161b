import { charCodeAt, fromCharCode, OriginalUint8Array, reflectApply, typedArrayByteLength } from '../intrinsics.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const PADDING = 61
const CHUNK_BYTES = 3 * 4096

const encodeTable = new Uint8Array(64)
const decodeTable = new Int8Array(128).fill(-1)
for (let index = 0; index < 64; index++) {
  encodeTable[index] = alphabet.charCodeAt(index)
  decodeTable[alphabet.charCodeAt(index)] = index
}

/** Encodes bytes as base64 with padding (RFC 4648, section 4). No engine has it natively in all supported versions. */
export function bytesToBase64(bytes: Uint8Array): string {
  // A program may have replaced the getter of `length`, which bounds the loop.
  const length = typedArrayByteLength(bytes)
  let text = ''
  for (let start = 0; start < length; start += CHUNK_BYTES) {
    const end = start + CHUNK_BYTES < length ? start + CHUNK_BYTES : length
    const codes: number[] = []
    let at = 0
    for (let index = start; index < end; index += 3) {
      const a = bytes[index] as number
      const b = index + 1 < end ? (bytes[index + 1] as number) : 0
      const c = index + 2 < end ? (bytes[index + 2] as number) : 0
      codes[at++] = encodeTable[a >> 2] as number
      codes[at++] = encodeTable[((a & 3) << 4) | (b >> 4)] as number
      codes[at++] = index + 1 < end ? (encodeTable[((b & 15) << 2) | (c >> 6)] as number) : PADDING
      codes[at++] = index + 2 < end ? (encodeTable[c & 63] as number) : PADDING
    }
    text += reflectApply(fromCharCode, undefined, codes)
  }
  return text
}

/** Decodes the output of {@link bytesToBase64}. Returns undefined for other text. */
export function base64ToBytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const length = text.length
  if (length % 4 !== 0) return undefined
  let padding = 0
  while (padding < 2 && padding < length && charCodeAt(text, length - 1 - padding) === PADDING) padding++
  const size = (length / 4) * 3 - padding
  const bytes = new OriginalUint8Array(size)
  let at = 0
  for (let index = 0; index < length; index += 4) {
    let group = 0
    for (let offset = 0; offset < 4; offset++) {
      const code = charCodeAt(text, index + offset)
      const isPadding = code === PADDING && index + offset >= length - padding
      const value = isPadding ? 0 : code < 128 ? (decodeTable[code] as number) : -1
      if (value < 0) return undefined
      group = (group << 6) | value
    }
    if (at < size) bytes[at++] = group >> 16
    if (at < size) bytes[at++] = (group >> 8) & 255
    if (at < size) bytes[at++] = group & 255
  }
  return bytes
}
