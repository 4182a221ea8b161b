/** Freezes a value with all objects and lists in it. Objects of classes, such as `Map` and `Date`, stay as they are. */
export function deepFreeze<Value>(value: Value): Value {
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const entry = pending.pop()
    if (typeof entry !== 'object' || entry === null || Object.isFrozen(entry) || !isPlain(entry)) continue
    Object.freeze(entry)
    for (const inner of Object.values(entry)) pending.push(inner)
  }
  return value
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
