import type { Budget } from './bounds.ts'
import { intersect } from './combine.ts'
import type { ArrayType, List, Tuple, Type } from './type.ts'

/** Returns the intersection of two array types as one list or tuple, or undefined if only TypeScript can compute it. */
export function mergeArrays(left: ArrayType, right: ArrayType, work: Budget): ArrayType | undefined {
  if (!isPlain(left) || !isPlain(right)) return undefined
  if (left.op === 'list' && right.op === 'list') {
    return { op: 'list', element: intersect([left.element, right.element], work) }
  }
  const [first, second] = [asTuple(left), asTuple(right)]
  const restAt = (tuple: Tuple, index: number): Type | undefined => tuple.elements[index] ?? tuple.rest
  const longest = Math.max(first.elements.length, second.elements.length)
  work.take(longest)
  const elements: Type[] = []
  for (let index = 0; index < longest; index++) {
    const [one, other] = [restAt(first, index), restAt(second, index)]
    if (one === undefined || other === undefined) break
    elements.push(intersect([one, other], work))
  }
  const isCut = elements.length < longest || first.rest === undefined || second.rest === undefined
  const required = Math.max(first.required, second.required)
  if (required > elements.length) return undefined
  const rest = isCut ? undefined : intersect([first.rest, second.rest] as Type[], work)
  return { op: 'tuple', elements, required, rest }
}

function isPlain(type: ArrayType): type is List | Tuple {
  return type.op === 'list' || type.op === 'tuple'
}

function asTuple(type: List | Tuple): Tuple {
  return type.op === 'tuple' ? type : { op: 'tuple', elements: [], required: 0, rest: type.element }
}
