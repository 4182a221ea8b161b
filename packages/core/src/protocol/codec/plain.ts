import { getPrototypeOf, isArray, OriginalSet, objectKeys, objectPrototype, setAdd, setHas } from '../intrinsics.ts'

/** Maximum depth of plain JSON. Deeper trees take the graph form without recursion, whose limit differs by engine. */
const MAX_DEPTH = 200

/**
 * Whether JSON expresses the value completely: null, booleans, strings, finite numbers other than -0, plain objects and
 * dense arrays, where each object occurs only once.
 */
export function isPlainJson(value: unknown): boolean {
  return isPlain(value, undefined, 0)
}

/** @param seen objects found so far; created for the first object within another, which most inputs do not have */
function isPlain(value: unknown, seen: Set<object> | undefined, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return value - value === 0 && (value !== 0 || 1 / value > 0)
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (depth > MAX_DEPTH || (seen !== undefined && setHas(seen, value))) return false
  if (seen !== undefined) setAdd(seen, value)
  const keys = objectKeys(value)
  const isList = isArray(value)
  if (isList && keys.length !== value.length) return false
  if (!isList) {
    const prototype = getPrototypeOf(value)
    if (prototype !== objectPrototype && prototype !== null) return false
  }
  let met = seen
  for (let index = 0; index < keys.length; index++) {
    const child = isList ? value[index] : (value as Record<string, unknown>)[keys[index] as string]
    if (met === undefined && typeof child === 'object' && child !== null) {
      met = new OriginalSet()
      setAdd(met, value)
    }
    if (!isPlain(child, met, depth + 1)) return false
  }
  return true
}
