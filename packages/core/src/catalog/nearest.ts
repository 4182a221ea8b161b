import { distance } from 'fastest-levenshtein'

/** The known name most like a mistaken one, if any is like enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[_-]/g, '')
  const wanted = plain(name)
  let best: string | undefined
  let least = Math.max(2, wanted.length / 3)
  for (const candidate of known) {
    const edits = distance(wanted, plain(candidate))
    if (edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}
