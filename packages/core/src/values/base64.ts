/** Bytes that are converted at once, fewer than the arguments that a function can have. */
const CHUNK_BYTES = 3 * 8_192

/** Encodes bytes as base64 with the platform's `btoa`, ten times as fast as the codec, which guests share. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES)
    text += btoa(String.fromCharCode(...bytes.subarray(start, start + CHUNK_BYTES)))
  return text
}

/** @throws `DOMException` for text that is no base64 */
export function fromBase64(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}
