import { mergeArrays } from './combine-arrays.ts'
import { complementOfObject, mergeObjects } from './combine-objects.ts'
import {
  ALL_KINDS,
  type ArrayType,
  type Combined,
  type Composite,
  hasScalars,
  isNever,
  isUnknown,
  KINDS,
  kindsOf,
  NO_SCALARS,
  type ObjectType,
  type Scalars,
  type Shape,
  shapeOf,
  type Type,
  UNKNOWN,
} from './type.ts'

/** Values of any of the types. */
export function unite(types: readonly Type[]): Type {
  const named = new Set<Type>()
  const sets = { boolean: new ScalarsUnion(), number: new ScalarsUnion(), string: new ScalarsUnion() }
  const arrays: ArrayType[] = []
  const objects: ObjectType[] = []
  let hasNull = false
  let inexact = 0
  for (const type of flatten('union', types)) {
    if (type.op !== 'shape') {
      named.add(type)
      continue
    }
    hasNull ||= type.null
    inexact |= type.inexact
    for (const kind of ['boolean', 'number', 'string'] as const) sets[kind].add(type[kind])
    if (type.array !== undefined) arrays.push(type.array)
    if (type.object !== undefined) objects.push(type.object)
  }
  const merged: Shape = {
    op: 'shape',
    null: hasNull,
    boolean: sets.boolean.scalars,
    number: sets.number.scalars,
    string: sets.string.scalars,
    array: alternatives(arrays),
    object: alternatives(objects),
    inexact,
  }
  if (inexact === 0 && named.size === 0 && isWhole(merged)) return shapeOf(kindsOf(merged))
  if (isUnknown(merged)) return inexact === 0 ? UNKNOWN : merged
  if (named.size === 0) return merged
  if (!isNever(merged)) named.add(merged)
  const [first] = named
  return named.size === 1 ? (first as Type) : { op: 'union', types: [...named] }
}

/** Whether it has all values of a kind or none, for every kind. */
function isWhole({ boolean, number, string, array, object }: Shape): boolean {
  return (
    [boolean, number, string].every((scalars) => scalars === 'all' || scalars.size === 0) &&
    [array, object].every((part) => part === undefined || part.op === 'any')
  )
}

/** Grows in place: an `anyOf` may have thousands of constants. */
class ScalarsUnion {
  #values: Set<string | number | boolean> | 'all' | undefined

  get scalars(): Scalars {
    return this.#values ?? NO_SCALARS
  }

  add(scalars: Scalars): void {
    if (this.#values === 'all' || scalars === 'all') this.#values = 'all'
    else if (scalars.size > 0) {
      this.#values ??= new Set()
      for (const value of scalars) this.#values.add(value)
    }
  }
}

function alternatives<Part extends ArrayType | ObjectType>(parts: readonly Part[]): Part | undefined {
  const flat = new Set<Part>()
  for (const part of parts) {
    if (part.op === 'any') return part
    if (part.op === 'union') for (const inner of part.parts) flat.add(inner as Part)
    else flat.add(part)
  }
  const [first] = flat
  return flat.size <= 1 ? first : ({ op: 'union', parts: [...flat] } satisfies Composite<Part> as unknown as Part)
}

/** Values of all of the types. */
export function intersect(types: readonly Type[]): Type {
  const others: Type[] = []
  const shapes: Shape[] = []
  for (const type of flatten('intersection', types)) {
    if (type.op === 'shape') shapes.push(type)
    else if (!others.includes(type)) others.push(type)
  }
  const shape = fold(shapes)
  if (others.length === 0 || isNever(shape)) return shape
  if (!isUnknown(shape)) others.push(shape)
  return others.length === 1 ? (others[0] as Type) : { op: 'intersection', types: others }
}

/** By halves, so that a thousand lists of one property are merged in n log n steps. */
function fold(shapes: readonly Shape[]): Shape {
  if (shapes.length <= 1) return shapes[0] ?? UNKNOWN
  const middle = shapes.length >> 1
  return intersectShapes(fold(shapes.slice(0, middle)), fold(shapes.slice(middle)))
}

function intersectShapes(left: Shape, right: Shape): Shape {
  if (left === UNKNOWN) return right
  if (right === UNKNOWN) return left
  const shape: Shape = {
    op: 'shape',
    null: left.null && right.null,
    boolean: intersectSets(left.boolean, right.boolean),
    number: intersectSets(left.number, right.number),
    string: intersectSets(left.string, right.string),
    array: both(left.array, right.array, mergeArrays),
    object: both(left.object, right.object, mergeObjects),
    inexact: left.inexact | right.inexact,
  }
  return { ...shape, inexact: shape.inexact & kindsOf(shape) }
}

function intersectSets(left: Scalars, right: Scalars): Scalars {
  if (left === 'all') return right
  if (right === 'all') return left
  return new Set([...left].filter((value) => right.has(value)))
}

function both<Part extends ArrayType | ObjectType>(
  left: Part | undefined,
  right: Part | undefined,
  merge: (left: Part, right: Part) => Part | undefined,
): Part | undefined {
  if (left === undefined || right === undefined) return undefined
  if (left.op === 'any') return right
  if (right.op === 'any' || left === right) return left
  const merged = merge(left, right)
  if (merged !== undefined) return merged
  const parts = [left, right].flatMap((part) => (part.op === 'intersection' ? (part.parts as Part[]) : [part]))
  return { op: 'intersection', parts: mergeAmong(parts, merge) } as unknown as Part
}

/** Of an intersection's parts those that can be one. */
function mergeAmong<Part>(parts: readonly Part[], merge: (left: Part, right: Part) => Part | undefined): Part[] {
  const kept: Part[] = []
  for (const part of parts) {
    const at = kept.findIndex((known) => known === part || merge(known, part) !== undefined)
    if (at < 0) kept.push(part)
    else if (kept[at] !== part) kept[at] = merge(kept[at] as Part, part) as Part
  }
  return kept
}

/** Values that the type does not let through, and more wherever the type is not exact. */
export function complement(type: Type): Type {
  if (type.op !== 'shape') return { ...UNKNOWN, inexact: ALL_KINDS }
  const has = (kind: number) => (type.inexact & kind) !== 0
  const object = has(KINDS.object) ? { part: UNKNOWN.object, isExact: false } : complementOfObject(type.object)
  const array = type.array === undefined || type.array.op !== 'any' || has(KINDS.array) ? UNKNOWN.array : undefined
  let inexact = type.inexact
  if (!object.isExact) inexact |= KINDS.object
  if (type.array !== undefined && type.array.op !== 'any') inexact |= KINDS.array
  for (const kind of ['number', 'string'] as const) {
    const scalars = type[kind]
    if (scalars !== 'all' && scalars.size > 0) inexact |= KINDS[kind]
  }
  return {
    op: 'shape',
    null: has(KINDS.null) || !type.null,
    boolean: has(KINDS.boolean) ? 'all' : booleansWithout(type.boolean),
    number: has(KINDS.number) || type.number !== 'all' ? 'all' : NO_SCALARS,
    string: has(KINDS.string) || type.string !== 'all' ? 'all' : NO_SCALARS,
    array,
    object: object.part,
    inexact,
  }
}

function booleansWithout(scalars: Scalars): Scalars {
  if (scalars === 'all') return NO_SCALARS
  return hasScalars(scalars) ? new Set([true, false].filter((value) => !scalars.has(value))) : 'all'
}

function flatten(op: Combined['op'], types: readonly Type[]): readonly Type[] {
  return types.some((type) => type.op === op)
    ? types.flatMap((type) => (type.op === op ? flatten(op, type.types) : [type]))
    : types
}
