/** ASCII characters per token in English words and code. */
const CHARACTERS_PER_TOKEN = 3.5
/** Tokens of a character of another script, at most. Symbols outside the basic plane have two code units. */
const TOKENS_PER_FOREIGN = 1.4
/** Additional tokens of a digit: tokens have at most three digits. */
const TOKENS_PER_DIGIT = 0.25
/** Additional tokens of a character in a long run without a word in it, such as a hash. */
const TOKENS_PER_OPAQUE = 0.6

/**
 * Estimates the length of a text in tokens, rather too long than too short. The constants are fitted to OpenAI's o200k
 * encoding.
 */
export function estimateTokens(text: string): number {
  let foreign = 0
  for (const [run] of text.matchAll(/[^\0-\x7f]+/g)) foreign += run.length
  let digits = 0
  for (const [run] of text.matchAll(/\d+/g)) digits += run.length
  let opaque = 0
  for (const [run] of text.matchAll(/[\w$]{40,}/g)) opaque += run.length
  return Math.ceil(
    (text.length - foreign) / CHARACTERS_PER_TOKEN +
      foreign * TOKENS_PER_FOREIGN +
      digits * TOKENS_PER_DIGIT +
      opaque * TOKENS_PER_OPAQUE,
  )
}
