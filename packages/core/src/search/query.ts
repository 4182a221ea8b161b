import type { RankingParameters } from './ranking-parameters.ts'
import type { Term, TermDictionary } from './term-dictionary.ts'
import type { Word, WordSplitter } from './words.ts'

/** A term of a query, and the terms of documents that it stands for. */
export interface QueryTerm {
  /** Words of the query that contain the term: as first written, by the word in lower case. */
  readonly words: Map<string, string>
  readonly candidates: readonly Candidate[]
  /** Number of documents by which the rarity of the term is judged. */
  readonly documents: number
}

export interface Candidate {
  readonly term: Term
  /** Weight from 0 to 1. */
  readonly weight: number
  /** Whether the term is a guess at the correct spelling. */
  readonly isGuess: boolean
}

/** Maximum length of a query in UTF-16 code units, and maximum number of its terms. */
const MAX_QUERY_LENGTH = 4_096
const MAX_TERMS = 64
/** Maximum number of terms whose spelling is corrected. */
const MAX_CORRECTED = 8
/** Minimum length of a term that may stand for longer ones. In scripts without spaces, a single character may. */
const MIN_PREFIX_LENGTH = 4

/** Converts queries to terms. */
export class QueryParser {
  readonly #dictionary: TermDictionary
  readonly #splitter: WordSplitter
  readonly #synonyms: ReadonlyMap<string, readonly string[]>
  readonly #ranking: RankingParameters

  constructor(
    dictionary: TermDictionary,
    splitter: WordSplitter,
    synonyms: ReadonlyMap<string, readonly string[]>,
    ranking: RankingParameters,
  ) {
    this.#dictionary = dictionary
    this.#splitter = splitter
    this.#synonyms = synonyms
    this.#ranking = ranking
  }

  parse(query: string): QueryTerm[] {
    const terms = new Map<string, QueryTerm>()
    let corrections = MAX_CORRECTED
    this.#splitter.split(query.slice(0, MAX_QUERY_LENGTH), (word) => {
      const lower = word.written.toLowerCase()
      for (const text of this.#textsOf(word)) {
        const known = terms.get(text)
        if (known !== undefined) {
          if (!known.words.has(lower)) known.words.set(lower, word.written)
          continue
        }
        if (terms.size === MAX_TERMS) return false
        let candidates = this.#candidatesOf(text, word.whole === undefined ? 1 : MIN_PREFIX_LENGTH)
        if (candidates.length === 0 && corrections-- > 0) candidates = this.#guessesAt(text)
        const exact = candidates.find(({ term }) => term.text === text)
        const documents =
          exact?.term.postings.length ?? Math.max(0, ...candidates.map(({ term }) => term.postings.length))
        terms.set(text, { words: new Map([[lower, word.written]]), candidates, documents })
      }
      return true
    })
    return [...terms.values()]
  }

  /** Returns the whole word if a document contains it, otherwise its parts. */
  #textsOf({ whole, parts }: Word): readonly string[] {
    if (whole === undefined) return parts
    return parts.length === 0 || this.#dictionary.get(whole) !== undefined ? [whole] : parts
  }

  #candidatesOf(text: string, minPrefixLength: number): Candidate[] {
    const candidates: Candidate[] = []
    const offer = (term: Term | undefined, weight: number) => {
      if (term !== undefined && weight > 0) candidates.push({ term, weight, isGuess: false })
    }
    offer(this.#dictionary.get(text), 1)
    for (const synonym of this.#synonyms.get(text) ?? []) {
      offer(this.#dictionary.get(synonym), this.#ranking.synonymWeight)
    }
    if (text.length >= minPrefixLength) {
      for (const term of this.#dictionary.startingWith(text)) offer(term, this.#ranking.prefixWeight)
    }
    return candidates
  }

  #guessesAt(text: string): Candidate[] {
    const maxDifferences = text.length >= 8 ? 2 : text.length >= 5 ? 1 : 0
    if (maxDifferences === 0) return []
    const weight = this.#ranking.similarWeight
    return this.#dictionary.similarTo(text, maxDifferences).map((term) => ({ term, weight, isGuess: true }))
  }
}
