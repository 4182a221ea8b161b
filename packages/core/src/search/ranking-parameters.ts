import type { Field } from './document-terms.ts'

/**
 * Parameters of the ranking. The defaults are round values from the middle of the region that cross-validation chose
 * (`scripts/tool-search/tune.mjs`).
 */
export interface RankingParameters {
  /** Weight of a term by the field that contains it. */
  readonly fieldWeights: Readonly<Record<Field, number>>
  /** Share of the effect that the length of a field has, from 0 to 1. It is `b` in BM25. */
  readonly lengthNormalization: number
  /** Weight at which a term reaches half of its maximum score. It is `k1` in BM25. */
  readonly saturation: number
  /** Weight of a synonym of a query term. */
  readonly synonymWeight: number
  /** Weight of a longer term that begins with a query term. */
  readonly prefixWeight: number
  /** Weight of a similar term for a query term that no document contains. */
  readonly similarWeight: number
  /** Relative increase of the score of a tool whose name consists of exactly the terms of the query. */
  readonly nameBonus: number
  /** Minimum share of the query that a document must match, from 0 to 1. Shares are weighted by rarity (IDF). */
  readonly minCoverage: number
  /** Maximum number of rare terms that the share relates to, so that a long query is not expected to match as a whole. */
  readonly maxCoverageTerms: number
}

export const DEFAULT_RANKING: RankingParameters = {
  fieldWeights: { name: 2, namespace: 1, description: 1, parameters: 0.5, provider: 0.75 },
  lengthNormalization: 0.4,
  saturation: 1.5,
  synonymWeight: 0.5,
  prefixWeight: 0.4,
  similarWeight: 0.5,
  nameBonus: 1,
  minCoverage: 0.15,
  maxCoverageTerms: 5,
}
