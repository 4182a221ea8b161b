import { stem } from 'porter2'
import { STOP_WORDS } from './stop-words.ts'

/** A word of a text, and the terms by which it is found. */
export interface Word {
  /** The word as written. */
  readonly written: string
  /** Term of the whole word: `githubissu` for `GitHubIssues`. Undefined in scripts without spaces. */
  readonly whole: string | undefined
  /** Terms of the parts of an identifier: `git`, `hub` and `issu`. Empty if the word has only one part. */
  readonly parts: readonly string[]
}

/** Maximum length of a word in UTF-16 code units. Longer ones, such as encoded data, are cut. */
const MAX_WORD_LENGTH = 64
/** Maximum number of cached words. It is enough for the vocabulary of thousands of tools. */
const MAX_CACHED = 20_000

const RUN = /[\p{L}\p{M}\p{N}]+/gu
/** Scripts that are written without spaces, or that attach particles to words. They are indexed as pairs of characters. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー'
const SEGMENT = new RegExp(`([${UNSPACED}]+)|[^${UNSPACED}]+`, 'gu')
/** Parts of an identifier: `HTTPServer2` → `HTTP`, `Server`, `2`. A plural acronym such as `URLs` is one part. */
const PART = /\p{Lu}{2,}s(?![\p{Ll}\p{M}])|\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|\p{N}+|[\p{Lo}\p{Lm}\p{Lt}\p{M}]+/gu

/** Most words. They have one part. */
const SIMPLE = /^[A-Z]?[a-z]+$/
const NO_PARTS: readonly string[] = []

/** Returns the term of a word: without case and accents, and without English endings. Accents alone have no term. */
export function termOf(word: string): string {
  const plain = /^[\0-\x7f]*$/.test(word)
    ? word.toLowerCase()
    : word
        .normalize('NFKD')
        .replaceAll(/[\u0300-\u036f]/g, '')
        .normalize('NFKC')
        .toLowerCase()
  return /^[a-z]{3,}$/.test(plain) ? stem(plain) : plain
}

/** Splits text into words. Stop words are left out. */
export class WordSplitter {
  /** Words by the run of letters and digits that they were read from. */
  readonly #cache = new Map<string, readonly Word[]>()

  /** Calls `visit` with each word until it returns false. */
  split(text: string, visit: (word: Word) => boolean): void {
    for (const run of text.match(RUN) ?? []) {
      for (const word of this.#wordsOf(run)) if (!visit(word)) return
    }
  }

  #wordsOf(run: string): readonly Word[] {
    const cached = this.#cache.get(run)
    if (cached !== undefined) return cached
    const words = wordsIn(run)
    if (run.length > MAX_WORD_LENGTH) return words
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear()
    this.#cache.set(run, words)
    return words
  }
}

function wordsIn(run: string): Word[] {
  const words: Word[] = []
  if (SIMPLE.test(run)) return STOP_WORDS.has(run.toLowerCase()) ? words : [wordOf(run.slice(0, MAX_WORD_LENGTH))]
  for (const [segment, unspaced] of run.matchAll(SEGMENT)) {
    if (unspaced !== undefined) words.push({ written: segment, whole: undefined, parts: pairsOf(segment) })
    else if (!STOP_WORDS.has(segment.toLowerCase())) words.push(wordOf(segment.slice(0, MAX_WORD_LENGTH)))
  }
  return words
}

function wordOf(written: string): Word {
  const parts = SIMPLE.test(written) ? [] : (written.match(PART) ?? [])
  if (parts.length < 2) return { written, whole: termOf(written) || undefined, parts: NO_PARTS }
  const terms = parts.filter((part) => !STOP_WORDS.has(part.toLowerCase())).map(termOf)
  return { written, whole: termOf(written) || undefined, parts: terms.filter((term) => term !== '') }
}

/** `天气预报` → `天气`, `气预`, `预报`. */
function pairsOf(segment: string): string[] {
  const characters = [...segment.normalize('NFKC')]
  if (characters.length < 2) return characters
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`)
}
