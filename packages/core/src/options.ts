/** @throws `TypeError` for a value that is no integer, or too small */
export function atLeast(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new TypeError(`\`${name}\` must be an integer of at least ${least}, not ${value}`)
}
