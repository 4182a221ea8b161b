import { distance } from 'fastest-levenshtein'

/** Maximum length of a name that is compared. Typing mistakes occur in shorter names. */
const MAX_LENGTH = 200
/** Maximum work of one search in pairs of characters. It is enough for thousands of names of common length. */
const MAX_PAIRS = 2_000_000

/** Removes the differences between camel case, snake case and kebab case. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '')

/** Returns the known name that is most similar to a mistaken one, if one is similar enough. The work is bounded. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined
  const wanted = plainName(name)
  let best: string | undefined
  let least = Math.max(2, wanted.length / 3)
  let pairs = 0
  for (const candidate of known) {
    // The edit distance is at least the difference of the lengths.
    if (candidate.length > MAX_LENGTH || candidate.length <= wanted.length - least) continue
    const likely = plainName(candidate)
    if (Math.abs(likely.length - wanted.length) >= least) continue
    pairs += wanted.length * likely.length
    if (pairs > MAX_PAIRS) return best
    const edits = distance(wanted, likely)
    if (edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}
