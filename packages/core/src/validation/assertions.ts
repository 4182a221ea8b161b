import type { Pattern } from './pattern.ts'

/** A check that replaces a schema keyword. The validation library calls it instead of the keyword (`~refine`). */
export interface Assertion {
  check(value: unknown): boolean
  error(): string
}

/** Maximum number of allowed values in a message. Longer lists take many tokens and help a model little. */
const MAX_TOLD_VALUES = 20
const MAX_TOLD_PATTERN = 200

/** Checks `enum` and `const` in time linear in the value, however many values are allowed. */
export function enumAssertion(values: readonly unknown[]): Assertion {
  const primitives = new Set(values.filter((value) => !isObject(value)))
  const objects = new Set(values.filter(isObject).map(canonicalJson))
  const longest = values.reduce<number>(
    (most, value) => Math.max(most, typeof value === 'string' ? value.length : 0),
    0,
  )
  const told = values.slice(0, MAX_TOLD_VALUES).map((value) => JSON.stringify(value))
  const more = values.length - told.length
  return {
    check: (value) => {
      if (isObject(value)) return objects.size > 0 && objects.has(canonicalJson(value))
      // A string that is too long is rejected before it is hashed.
      return typeof value === 'string' && value.length > longest ? false : primitives.has(value)
    },
    error: () =>
      values.length === 1
        ? `must be ${told[0]}`
        : `must be one of ${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
  }
}

/** Checks `uniqueItems` in time linear in the size of the items. */
export const uniqueItemsAssertion: Assertion = {
  check: (value) => !Array.isArray(value) || areUnique(value),
  error: () => 'must not have duplicate items',
}

function areUnique(items: readonly unknown[]): boolean {
  const objects = items.filter(isObject)
  const primitives = new Set(items.filter((item) => !isObject(item)))
  return primitives.size + new Set(objects.map(canonicalJson)).size === items.length
}

/** Checks `minLength` and `maxLength`, in code points as JSON Schema counts them. */
export function lengthAssertion(minimum: number, maximum: number): Assertion {
  return {
    check: (value) => typeof value !== 'string' || hasLength(value, minimum, maximum),
    error: () =>
      maximum === Number.POSITIVE_INFINITY
        ? `must not have fewer than ${minimum} characters`
        : minimum === 0
          ? `must not have more than ${maximum} characters`
          : `must have ${minimum} to ${maximum} characters`,
  }
}

export function patternAssertion(source: string, pattern: Pattern): Assertion {
  const told = source.length > MAX_TOLD_PATTERN ? `${source.slice(0, MAX_TOLD_PATTERN)}…` : source
  return {
    check: (value) => typeof value !== 'string' || pattern.test(value),
    error: () => `must match pattern "${told}"`,
  }
}

function hasLength(text: string, minimum: number, maximum: number): boolean {
  // A code point takes one or two UTF-16 code units.
  if (text.length < minimum || text.length > 2 * maximum) return false
  if (text.length >= 2 * minimum && text.length <= maximum) return true
  let length = 0
  for (const _ of text) length++
  return length >= minimum && length <= maximum
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** Returns the same text for values that JSON Schema considers equal, regardless of the order of keys. */
const canonicalJson = (value: object): string => JSON.stringify(value, withSortedKeys)

function withSortedKeys(_key: string, value: unknown): unknown {
  if (!isObject(value) || Array.isArray(value)) return value
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return Object.fromEntries(entries)
}
