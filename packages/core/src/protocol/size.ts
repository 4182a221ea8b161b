import { charCodeAt } from './intrinsics.ts'

/** Whether a text takes more than `limit` bytes in UTF-8. Bytes are only counted if the length does not decide. */
export function exceedsBytes(text: string, limit: number): boolean {
  return text.length > limit || (text.length * 3 > limit && utf8Bytes(text) > limit)
}

export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const code = charCodeAt(text, index)
    // Each half of a surrogate pair counts two of its four bytes.
    if (code >= 0x800) bytes += code >= 0xd800 && code <= 0xdfff ? 1 : 2
    else if (code >= 0x80) bytes += 1
  }
  return bytes
}
