import { distance } from 'fastest-levenshtein'

/** Longer names are not compared: mistakes are made in short ones. */
const MAX_LENGTH = 200
/** Maximum work of one search, in pairs of characters: thousands of names of common length. */
const MAX_PAIRS = 2_000_000

/** Removes the differences between camel case, snake case and kebab case. */
export const plainName = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '')

/** The known name most like a mistaken one, if any is like enough to be meant. Bounded work, however many are known. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined
  const wanted = plainName(name)
  let best: string | undefined
  let least = Math.max(2, wanted.length / 3)
  let pairs = 0
  for (const candidate of known) {
    // Two names differ by at least the difference of their lengths.
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
