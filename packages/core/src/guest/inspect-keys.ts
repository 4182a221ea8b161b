import { hasOwn, isArray, objectKeys } from '../protocol/intrinsics.ts'
import { isEnumerable } from './inspect-head.ts'
import { errorText } from './inspect-kind.ts'

/** Maximum length of lists that are searched for extra properties. The search creates a string for each index. */
const MAX_SEARCHED = 50_000
const INDEX = /^(?:0|[1-9]\d*)$/

/** Returns the keys of the properties that are shown. */
export function keysOf(value: object, showHidden: boolean): PropertyKey[] {
  const keys: PropertyKey[] = showHidden ? Object.getOwnPropertyNames(value) : objectKeys(value)
  for (const symbol of Object.getOwnPropertySymbols(value)) {
    if (showHidden || isEnumerable(value, symbol)) keys.push(symbol)
  }
  return keys
}

/** Returns the keys of a list other than its indices. Indices come first among the keys of any object. */
export function extraKeys(value: object, length: number, showHidden: boolean): PropertyKey[] {
  // A long list with holes at its ends may have few keys.
  if (length > MAX_SEARCHED && hasOwn(value, 0) && hasOwn(value, length - 1)) return []
  const keys = keysOf(value, showHidden)
  return keys.slice(keys.findLastIndex(isIndex) + 1)
}

export function isIndex(key: PropertyKey): boolean {
  return typeof key === 'string' && INDEX.test(key)
}

/** Returns the keys of the properties of an error that its text does not show. */
export function errorKeys(value: Error, showHidden: boolean): PropertyKey[] {
  const keys = keysOf(value, showHidden).filter((key) => !isToldByError(value, key))
  if (hasOwn(value, 'cause') && !keys.includes('cause')) keys.push('cause')
  if (hasOwn(value, 'errors') && isArray((value as AggregateError).errors) && !keys.includes('errors'))
    keys.push('errors')
  return keys
}

function isToldByError(value: Error, key: PropertyKey): boolean {
  if (key === 'stack') return true
  if (key !== 'name' && key !== 'message') return false
  const told: unknown = value[key]
  return typeof told !== 'string' || errorText(value).includes(told)
}
