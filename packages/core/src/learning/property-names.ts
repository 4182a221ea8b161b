/** Maximum length of a property name that is a word, in characters. */
const MAX_LENGTH = 40
/** Matches names of one or more words: no digits but short numbers right after letters, as in `sha256` or `line_2`. */
const WORDS = /^[$_]{0,2}\p{L}[\p{L}\d]*(?:_(?:\p{L}[\p{L}\d]*|\d))*$/u
const NUMBERS = /\d+/g
const HUMP = /\p{Lu}?\p{Ll}+|\p{Lu}+|\p{Lo}+/gu
/** Matches codes such as keys of accounts: many capital letters with digits among them. */
const CODE = /^(?=.*\d)[\p{Lu}\d]{12,}$/u

/**
 * Returns whether a property name is a word that a developer chose, as opposed to data: an id, an address, a date, a
 * key. Data must not become part of a shape, so a doubtful name is data.
 */
export function isPropertyName(name: string): boolean {
  if (name.length > MAX_LENGTH || !WORDS.test(name) || CODE.test(name)) return false
  const numbers = name.match(NUMBERS) ?? []
  if (numbers.length > 2 || numbers.some((each) => each.length > 3)) return false
  const humps = name.match(HUMP) ?? []
  // Random letters change between small and capital ones all the time.
  return humps.length < 5 || humps.reduce((sum, each) => sum + each.length, 0) / humps.length >= 3
}
