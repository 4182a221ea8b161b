import { charCodeAt } from './intrinsics.ts'

/** Whether a text takes more than so many bytes of UTF-8. Long texts are decided by their length alone where possible. */
export function exceedsBytes(text: string, limit: number): boolean {
  return text.length > limit || (text.length * 3 > limit && utf8Bytes(text) > limit)
}

export function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const code = charCodeAt(text, index)
    // Each half of a surrogate pair counts two of its four bytes; a lone one counts three.
    if (code >= 0x800) bytes += code >= 0xd800 && code <= 0xdfff ? 1 : 2
    else if (code >= 0x80) bytes += 1
  }
  return bytes
}
