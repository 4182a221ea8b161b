import { nearest } from './catalog/nearest.ts'

/** @throws `TypeError` for a value that is no integer, or too small */
export function atLeast(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new TypeError(`\`${name}\` must be an integer of at least ${least}, not ${value}`)
}

/**
 * Rejects misspelt options, which would otherwise be ignored.
 *
 * @param owner the function whose options they are, as in `quickjs()`
 * @throws `TypeError` that lists the options
 */
export function assertKnownOptions(owner: string, given: object | undefined, known: readonly string[]): void {
  const unknown = Object.keys(given ?? {}).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const meant = nearest(unknown, known)
  const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`
  throw new TypeError(`${owner} has no option \`${unknown}\`.${hint} Its options are: ${known.join(', ')}`)
}
