/** Whether a walk of this value as a tree ends within so many visits, however its parts are shared. */
export function isTreeWithin(root: unknown, limit: number): boolean {
  const pending: unknown[] = [root]
  let visits = 0
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue
    const children =
      value instanceof Map
        ? [...value.keys(), ...value.values()]
        : value instanceof Set
          ? [...value]
          : Object.values(value)
    visits += children.length + 1
    if (visits > limit) return false
    for (const child of children) pending.push(child)
  }
  return true
}
