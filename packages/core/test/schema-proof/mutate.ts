/** Introduces one small mistake into a value, of the kind that models make in calls. */
import { isObject } from './subschemas.ts'

type Random = (below: number) => number
type Path = readonly (string | number)[]

const DEEPEST = 4
const OF_EACH_TYPE: readonly unknown[] = ['zz_text', 4.5, true, null, [], {}]

export function mutate(value: unknown, random: Random): unknown {
  const paths = pathsIn(value, [])
  const path = paths[random(paths.length)] ?? []
  return changeAt(value, path, (part) => mistake(part, random))
}

/** Replacements for a part of a value. `undefined` removes it. */
function mistake(part: unknown, random: Random): unknown {
  switch (random(5)) {
    case 0:
      return undefined
    case 1:
      return null
    case 2:
      return isObject(part) ? { ...part, zz_unknown: 1 } : 'zz_unknown'
    case 3:
      return typeof part === 'string' ? `${part}_zz` : 'zz_text'
    default: {
      const others = OF_EACH_TYPE.filter((other) => kind(other) !== kind(part))
      return others[random(others.length)]
    }
  }
}

const kind = (value: unknown): string => (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value)

function pathsIn(value: unknown, path: Path): Path[] {
  const inner = typeof value === 'object' && value !== null && path.length < DEEPEST ? Object.entries(value) : []
  return [path, ...inner.flatMap(([key, part]) => pathsIn(part, [...path, Array.isArray(value) ? Number(key) : key]))]
}

function changeAt(value: unknown, [key, ...rest]: Path, change: (part: unknown) => unknown): unknown {
  // The root value cannot be removed, only emptied.
  if (key === undefined) return change(value) ?? {}
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index) => {
      if (index !== key) return [item]
      const changed = rest.length > 0 ? changeAt(item, rest, change) : change(item)
      return changed === undefined ? [] : [changed]
    })
  }
  const entries = Object.entries(value as object).flatMap(([name, member]) => {
    if (name !== key) return [[name, member] as const]
    const changed = rest.length > 0 ? changeAt(member, rest, change) : change(member)
    return changed === undefined ? [] : [[name, changed] as const]
  })
  return Object.fromEntries(entries)
}
