import type { DocumentTable } from './document-table.ts'
import { FIELDS, MASK_BITS, NAME_PART } from './document-terms.ts'
import type { QueryTerm } from './query.ts'
import type { RankingParameters } from './ranking-parameters.ts'

export interface Scores {
  /** Documents that match enough of the query, with their scores. Not sorted. */
  readonly matches: { readonly slot: number; readonly score: number }[]
  /** Terms of the query that a document contains. */
  readonly matched: ReadonlySet<QueryTerm>
}

const FIELD_MASK = (1 << FIELDS.length) - 1

/**
 * Scores documents by BM25F (Robertson, Zaragoza and Taylor, 2004): weights of fields are added before saturation. A
 * field counts once for each term, so repeating words does not improve a rank. The agreement of name and query (Dice
 * coefficient by IDF) then increases the score.
 */
export class Scorer {
  readonly #table: DocumentTable
  readonly #ranking: RankingParameters
  // Scratch space by slot. Each search leaves zeros.
  #scores = new Float64Array()
  #coverages = new Float64Array()
  #names = new Float64Array()
  /** Sum of field weights, and weight of the best candidate, for the current term. */
  #sums = new Float64Array()
  #bests = new Float64Array()

  constructor(table: DocumentTable, ranking: RankingParameters) {
    this.#table = table
    this.#ranking = ranking
  }

  /** @param namespace number of the only namespace whose documents are scored */
  score(terms: readonly QueryTerm[], namespace: number | undefined): Scores {
    this.#reserve(this.#table.slots)
    const { idf } = this.#table.statistics
    const touched: number[] = []
    const matched = new Set<QueryTerm>()
    let mass = 0
    for (const term of terms) {
      const rarity = idf(term.documents)
      mass += rarity
      if (this.#scoreTerm(term, rarity, namespace, touched)) matched.add(term)
    }
    return { matches: this.#collect(touched, mass), matched }
  }

  /** Returns whether a document contains the term. */
  #scoreTerm(term: QueryTerm, rarity: number, namespace: number | undefined, touched: number[]): boolean {
    const { weights, idf } = this.#table.statistics
    const own: number[] = []
    let isContained = false
    for (const { term: candidate, weight, isGuess } of term.candidates) {
      const nameRarity = weight * idf(candidate.postings.length)
      for (const posting of candidate.postings) {
        const slot = posting >>> MASK_BITS
        if (namespace !== undefined && this.#table.get(slot).namespace !== namespace) continue
        isContained ||= !isGuess
        let sum = 0
        let at = slot * FIELDS.length
        for (let mask = posting & FIELD_MASK; mask !== 0; mask >>>= 1, at++) {
          if (mask & 1) sum += weights[at] as number
        }
        if (this.#sums[slot] === 0) own.push(slot)
        this.#sums[slot] = (this.#sums[slot] as number) + weight * sum
        this.#bests[slot] = Math.max(this.#bests[slot] as number, weight)
        if (posting & NAME_PART) this.#names[slot] = (this.#names[slot] as number) + nameRarity
      }
    }
    for (const slot of own) {
      const sum = this.#sums[slot] as number
      if (this.#scores[slot] === 0) touched.push(slot)
      this.#scores[slot] = (this.#scores[slot] as number) + (rarity * sum) / (sum + this.#ranking.saturation)
      this.#coverages[slot] = (this.#coverages[slot] as number) + rarity * (this.#bests[slot] as number)
      this.#sums[slot] = 0
      this.#bests[slot] = 0
    }
    return isContained
  }

  #collect(touched: readonly number[], mass: number): { slot: number; score: number }[] {
    const { nameMasses, idf } = this.#table.statistics
    const { nameBonus, minCoverage, maxCoverageTerms } = this.#ranking
    const minCovered = minCoverage * Math.min(mass, maxCoverageTerms * idf(0))
    const matches: { slot: number; score: number }[] = []
    for (const slot of touched) {
      if ((this.#coverages[slot] as number) >= minCovered) {
        const agreement = (2 * (this.#names[slot] as number)) / (mass + (nameMasses[slot] as number))
        const score = (this.#scores[slot] as number) * (1 + nameBonus * Math.min(1, agreement))
        matches.push({ slot, score })
      }
      this.#scores[slot] = 0
      this.#coverages[slot] = 0
      this.#names[slot] = 0
    }
    return matches
  }

  #reserve(slots: number): void {
    if (this.#scores.length >= slots) return
    const size = slots * 2
    this.#scores = new Float64Array(size)
    this.#coverages = new Float64Array(size)
    this.#names = new Float64Array(size)
    this.#sums = new Float64Array(size)
    this.#bests = new Float64Array(size)
  }
}
