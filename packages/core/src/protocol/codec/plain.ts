import { getPrototypeOf, isArray, objectKeys, objectPrototype, OriginalSet, setAdd, setHas } from '../intrinsics.ts'

/** Deeper trees take the graph form, which needs no recursion; engines differ in how deep they recurse. */
const MAX_DEPTH = 200

/**
 * Whether JSON says everything about this value: null, booleans, strings, finite numbers other than -0, plain objects
 * and dense arrays, each object standing in one place only.
 */
export function isPlainJson(value: unknown): boolean {
  return isPlain(value, new OriginalSet(), 0)
}

function isPlain(value: unknown, seen: Set<object>, depth: number): boolean {
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
  if (depth > MAX_DEPTH || setHas(seen, value)) return false
  setAdd(seen, value)
  const keys = objectKeys(value)
  if (isArray(value)) {
    if (keys.length !== value.length) return false
    for (let index = 0; index < value.length; index++) {
      if (!isPlain(value[index], seen, depth + 1)) return false
    }
    return true
  }
  const prototype = getPrototypeOf(value)
  if (prototype !== objectPrototype && prototype !== null) return false
  for (let index = 0; index < keys.length; index++) {
    if (!isPlain((value as Record<string, unknown>)[keys[index] as string], seen, depth + 1)) return false
  }
  return true
}
