/** Converts the arguments of a method before they are sent to the host. */
export type Read = (...given: unknown[]) => readonly unknown[]

/** Converts a value to a number, BigInt or numeric string without loss of precision. */
export function numeric(value: unknown): unknown {
  let primitive = value
  if (typeof value === 'object' && value !== null) {
    primitive = value.valueOf()
    if (typeof primitive === 'object') primitive = String(value)
  }
  return typeof primitive === 'bigint' || typeof primitive === 'string' ? primitive : Number(primitive)
}

export function texts(list: unknown): string[] {
  if (list === undefined) return []
  return Array.from(list as Iterable<unknown>, (item) => {
    if (typeof item !== 'string') throw new TypeError(`Iterable yielded ${String(item)} which is not a string`)
    return item
  })
}
