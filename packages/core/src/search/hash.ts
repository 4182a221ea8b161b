/**
 * Hashes texts to 64 bits, to detect changes without keeping the texts. The hash is not cryptographic: a provider that
 * constructs a collision only keeps an old description of its own tool.
 */
export function hashOf(texts: readonly string[]): string {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      high = Math.imul(high ^ unit, 2_654_435_761)
      low = Math.imul(low ^ unit, 1_597_334_677)
    }
    // The lengths separate the texts.
    high = Math.imul(high ^ text.length, 2_246_822_507)
    low = Math.imul(low ^ text.length, 3_266_489_909)
  }
  return `${(high >>> 0).toString(36)}.${(low >>> 0).toString(36)}`
}
