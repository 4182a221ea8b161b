export interface SearchMatch {
  readonly path: string
  /** Relevance. Scores of different queries are not comparable. */
  readonly score: number
}

/** Returns the best matches in order. It is faster than sorting all. */
export function bestMatches(matches: readonly SearchMatch[], count: number): SearchMatch[] {
  const best: SearchMatch[] = []
  for (const match of matches) {
    const last = best.at(-1)
    if (best.length >= count && (last === undefined || compare(match, last) >= 0)) continue
    let low = 0
    let high = best.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(match, best[middle] as SearchMatch) < 0) high = middle
      else low = middle + 1
    }
    best.splice(low, 0, match)
    if (best.length > count) best.pop()
  }
  return best
}

/** Ties are broken by path, in the order of UTF-16 code units. */
function compare(one: SearchMatch, other: SearchMatch): number {
  return other.score - one.score || (one.path < other.path ? -1 : one.path > other.path ? 1 : 0)
}
