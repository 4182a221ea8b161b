import { FIELDS } from './document-terms.ts'
import type { RankingParameters } from './ranking-parameters.ts'
import type { Term } from './term-dictionary.ts'

/** An indexed tool. */
export interface IndexedDocument {
  readonly path: string
  readonly slot: number
  readonly namespace: number
  /** Hash of the texts of the document. */
  readonly hash: string
  /** Hash of the texts that the documents of its namespace share. */
  readonly sharedHash: string
  readonly terms: readonly Term[]
  /** Terms of the name, without the terms of whole identifiers. */
  readonly nameTerms: readonly Term[]
  /** Number of terms by field, in the order of {@link FIELDS}. */
  readonly lengths: readonly number[]
}

/** Values by slot that depend on all documents. */
export interface Statistics {
  /** Weight of a term by slot and field: `weights[slot * FIELDS.length + field]`. */
  readonly weights: Float64Array
  /** Sum of the IDF of the terms of each name, by slot. */
  readonly nameMasses: Float64Array
  /** IDF of a term by the number of documents that contain it. */
  readonly idf: (documents: number) => number
}

/** Documents by slot. Slots are small integers that are reused. */
export class DocumentTable {
  readonly #documents: (IndexedDocument | undefined)[] = []
  readonly #free: number[] = []
  /** Sums of the lengths by field. They are integers, so that they do not depend on the order of changes. */
  readonly #totals = FIELDS.map(() => 0)
  readonly #ranking: RankingParameters
  #statistics: Statistics | undefined

  constructor(ranking: RankingParameters) {
    this.#ranking = ranking
  }

  /** Number of slots, including free ones. */
  get slots(): number {
    return this.#documents.length
  }

  get(slot: number): IndexedDocument {
    return this.#documents[slot] as IndexedDocument
  }

  /** Takes a free slot. The caller passes it to {@link set}. */
  takeSlot(): number {
    return this.#free.pop() ?? this.#documents.push(undefined) - 1
  }

  set(document: IndexedDocument): void {
    this.#documents[document.slot] = document
    this.#count(document, 1)
  }

  delete(document: IndexedDocument): void {
    this.#documents[document.slot] = undefined
    this.#free.push(document.slot)
    this.#count(document, -1)
  }

  #count(document: IndexedDocument, sign: 1 | -1): void {
    document.lengths.forEach((length, field) => {
      this.#totals[field] = (this.#totals[field] as number) + sign * length
    })
    this.#statistics = undefined
  }

  /** Statistics of the current documents. They are computed at the first search after a change. */
  get statistics(): Statistics {
    this.#statistics ??= this.#compute()
    return this.#statistics
  }

  #compute(): Statistics {
    const size = FIELDS.length
    const count = this.slots - this.#free.length
    const { fieldWeights, lengthNormalization: b } = this.#ranking
    const known = new Float64Array(count + 1)
    const idf = (documents: number): number => {
      known[documents] ||= Math.log(1 + (count - documents + 0.5) / (documents + 0.5))
      return known[documents] as number
    }
    const fields = FIELDS.map((name, field) => ({
      weight: fieldWeights[name],
      perTerm: (b * count) / Math.max(1, this.#totals[field] as number),
    }))
    const weights = new Float64Array(this.slots * size)
    const nameMasses = new Float64Array(this.slots)
    for (const document of this.#documents) {
      if (document === undefined) continue
      let at = document.slot * size
      let field = 0
      for (const { weight, perTerm } of fields) {
        weights[at++] = weight / (1 - b + perTerm * (document.lengths[field++] as number))
      }
      let mass = 0
      for (const { postings } of document.nameTerms) mass += idf(postings.length)
      nameMasses[document.slot] = mass
    }
    return { weights, nameMasses, idf }
  }
}
