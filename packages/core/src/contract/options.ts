import { nearest } from '../values/nearest.ts'

/**
 * Returns the value of an option that must be an integer of at least `least`.
 *
 * @throws `TypeError` for any other value
 */
export function atLeast(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new TypeError(`\`${name}\` must be an integer of at least ${least}, not ${value}`)
}

/**
 * Rejects unknown options. A misspelt option would otherwise be ignored.
 *
 * @param owner the function that takes the options, such as `quickjs()`
 * @throws `TypeError` that lists the known options
 */
export function assertKnownOptions(owner: string, given: object | undefined, known: readonly string[]): void {
  const unknown = Object.keys(given ?? {}).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const meant = nearest(unknown, known)
  const hint = meant === undefined ? '' : ` Did you mean \`${meant}\`?`
  throw new TypeError(`${owner} has no option \`${unknown}\`.${hint} Its options are: ${known.join(', ')}`)
}
