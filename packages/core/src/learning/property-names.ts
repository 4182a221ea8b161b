import { redactSecrets } from '../redaction/redact-secrets.ts'

/** Maximum length of a property name that is a word, in characters. */
const MAX_LENGTH = 40
/** Matches names of one or more words: no digits but short numbers right after letters, as in `sha256` or `line_2`. */
const WORDS = /^[$_]{0,2}\p{L}[\p{L}\d]*(?:_(?:\p{L}[\p{L}\d]*|\d))*$/u
const NUMBERS = /\d+/g
const HUMP = /\p{Lu}?\p{Ll}+|\p{Lu}+|\p{Lo}+/gu
/** Matches codes: capital letters with digits among them, such as ids of users and orders. */
const CODE = /^(?=.*\d)[\p{Lu}\d]{5,}$/u
/** Matches hexadecimal ids: seven digits or more with letters and numbers, or sixteen letters. */
const HEX = /^(?:(?=.*\d)[\da-f]{7,}|[a-f]{16,})$/
/** Matches random letters: small and capital ones, with a digit before a small one. `oauth2Token` has it before a capital. */
const MIXED = /^(?=.*\p{Lu})(?=.*\d\p{Ll}).{8,}$/u
/** Matches prefixes of keys and tokens. */
const TOKEN = /^(?:[sp]k|rk|gh[pousr]|xox[a-z]|ak|key|tok|pat)_(?:live|test|prod)?_?[^_]{8,}$/i
const VOWELS = /[aeiouyäöüáéíóúàèìòùâêîôûåæøœ]/giu
/** Length from which a word has vowels, and least share of them. */
const LONG = 8
const LEAST_VOWELS = 0.15

/**
 * Returns whether a property name is a word that a developer chose, as opposed to data: an id, an address, a date, a
 * key. Data must not become part of a shape, so a doubtful name is data. Names of people and things that are words cannot be
 * told apart.
 */
export function isPropertyName(name: string): boolean {
  if (name.length > MAX_LENGTH || !WORDS.test(name) || TOKEN.test(name) || redactSecrets(name) !== name) return false
  return name.split('_').every(isWord)
}

function isWord(word: string): boolean {
  if (CODE.test(word) || HEX.test(word) || MIXED.test(word)) return false
  const numbers = word.match(NUMBERS) ?? []
  if (numbers.some((each) => each.length > 3) || numbers.length > (word.length <= LONG ? 2 : 1)) return false
  const humps = word.match(HUMP) ?? []
  // Random letters change between small and capital ones all the time, and have few vowels.
  if (humps.length > 3 && humps.reduce((sum, each) => sum + each.length, 0) / humps.length < 2.6) return false
  return humps.every((hump) => !isUnspeakable(hump))
}

const isUnspeakable = (letters: string): boolean =>
  letters.length >= LONG &&
  /^\p{Script=Latin}+$/u.test(letters) &&
  (letters.match(VOWELS)?.length ?? 0) / letters.length < LEAST_VOWELS
