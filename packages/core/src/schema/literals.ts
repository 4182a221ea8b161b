import { isRecord } from '../values/json.ts'
import { type Budget, MAX_CONSTANTS, MAX_CONSTANTS_LENGTH } from './bounds.ts'
import { unite } from './combine.ts'
import { type Member, NEVER, NO_SCALARS, ONLY, type Shape, type Type, UNSURE } from './type.ts'

/** Maximum depth of a literal type. Deeper parts of a constant become `unknown`. */
const MAX_LITERAL_DEPTH = 8

/** Returns the type that accepts only the given values. */
export function literals(values: readonly unknown[], work: Budget): Type {
  work.take(values.length)
  let boolean: Set<boolean> | undefined
  let number: Set<number> | undefined
  let string: Set<string> | undefined
  const others: Type[] = []
  for (const value of values) {
    if (typeof value === 'string') string = (string ?? new Set()).add(value)
    else if (typeof value === 'boolean') boolean = (boolean ?? new Set()).add(value)
    else if (typeof value === 'number' && Number.isFinite(value)) number = (number ?? new Set()).add(value)
    else others.push(literal(value, 0, work))
  }
  const shape: Shape = {
    ...NEVER,
    boolean: boolean ?? NO_SCALARS,
    number: number ?? NO_SCALARS,
    string: string ?? NO_SCALARS,
  }
  return others.length === 0 ? shape : unite([shape, ...others], work)
}

function literal(value: unknown, depth: number, work: Budget): Type {
  work.take(1)
  if (depth > MAX_LITERAL_DEPTH) return UNSURE
  if (value === null) return ONLY.null
  if (Array.isArray(value)) {
    const elements = value.map((element) => literal(element, depth + 1, work))
    return { ...NEVER, array: { op: 'tuple', elements, required: elements.length, rest: undefined } }
  }
  if (isRecord(value)) {
    const members = new Map<string, Member>()
    for (const [key, item] of Object.entries(value)) {
      members.set(key, { type: literal(item, depth + 1, work), isOptional: false, docs: [] })
    }
    return { ...NEVER, object: { op: 'properties', members, rest: undefined, isOpen: false, templates: [] } }
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return ONLY.number
  return ['string', 'number', 'boolean'].includes(typeof value) ? literals([value], work) : UNSURE
}

/** Returns whether constants are few and short enough for a literal type. Stops as soon as a limit is exceeded. */
export function areLiteral(constants: readonly unknown[]): boolean {
  let count = constants.length
  let length = 0
  const pending: { readonly values: readonly unknown[]; readonly depth: number }[] = [{ values: constants, depth: 0 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (count > MAX_CONSTANTS) return false
    for (const value of next.values) {
      if (typeof value === 'string') length += value.length
      else if (typeof value === 'object' && value !== null && next.depth <= MAX_LITERAL_DEPTH) {
        const values: readonly unknown[] = Array.isArray(value) ? value : Object.entries(value).flat()
        count += values.length
        pending.push({ values, depth: next.depth + 1 })
      }
      if (count > MAX_CONSTANTS || length > MAX_CONSTANTS_LENGTH) return false
    }
  }
  return true
}
