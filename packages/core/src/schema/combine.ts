import type { Budget } from './bounds.ts'
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

/** Returns the union of types. */
export function unite(types: readonly Type[], work: Budget): Type {
  if (types.length === 1) return types[0] as Type
  const flat = flatten('union', types)
  work.take(flat.length)
  const shapes = shapesAmong(flat)
  const merged = uniteShapes(shapes, work)
  if (shapes.length === flat.length || isUnknown(merged)) return merged
  const distinct = new Set<Type>(flat.filter((type) => type.op !== 'shape'))
  if (!isNever(merged)) distinct.add(merged)
  const [first] = distinct
  return distinct.size === 1 ? (first as Type) : { op: 'union', types: [...distinct] }
}

function uniteShapes(shapes: readonly Shape[], work: Budget): Shape {
  let hasNull = false
  let inexact = 0
  for (const shape of shapes) {
    hasNull ||= shape.null
    inexact |= shape.inexact
  }
  const merged: Shape = {
    op: 'shape',
    null: hasNull,
    boolean: uniteScalars(shapes, 'boolean', work),
    number: uniteScalars(shapes, 'number', work),
    string: uniteScalars(shapes, 'string', work),
    array: uniteParts(shapes, 'array', work),
    object: uniteParts(shapes, 'object', work),
    inexact,
  }
  return inexact === 0 && isWhole(merged) ? shapeOf(kindsOf(merged)) : merged
}

/** Returns whether a shape has all or no values of each kind. */
function isWhole({ boolean, number, string, array, object }: Shape): boolean {
  return (
    isAllOrNone(boolean) &&
    isAllOrNone(number) &&
    isAllOrNone(string) &&
    (array === undefined || array.op === 'any') &&
    (object === undefined || object.op === 'any')
  )
}

const isAllOrNone = (scalars: Scalars): boolean => scalars === 'all' || scalars.size === 0

/**
 * Unites the scalars of one kind. A single set is returned unchanged. Several are added to one new set, since an
 * `anyOf` may have thousands of constants.
 */
function uniteScalars(shapes: readonly Shape[], kind: 'boolean' | 'number' | 'string', work: Budget): Scalars {
  let only: ReadonlySet<string | number | boolean> = NO_SCALARS
  let grown: Set<string | number | boolean> | undefined
  for (const shape of shapes) {
    const scalars = shape[kind]
    if (scalars === 'all') return 'all'
    if (scalars.size === 0) continue
    if (only.size === 0) {
      only = scalars
      continue
    }
    if (grown === undefined) {
      work.take(only.size)
      grown = new Set(only)
    }
    work.take(scalars.size)
    for (const value of scalars) grown.add(value)
  }
  return grown ?? only
}

function uniteParts<Kind extends 'array' | 'object'>(shapes: readonly Shape[], kind: Kind, work: Budget): Shape[Kind] {
  let only = undefined as Shape[Kind]
  let all: Set<Shape[Kind]> | undefined
  for (const shape of shapes) {
    const part = shape[kind]
    if (part === undefined || part === only) continue
    if (part.op === 'any') return part
    if (only === undefined) {
      only = part
      continue
    }
    if (all === undefined) {
      work.take(alternativesOf(only).length)
      all = new Set(alternativesOf(only))
    }
    const alternatives = alternativesOf(part)
    work.take(alternatives.length)
    for (const alternative of alternatives) all.add(alternative)
  }
  return all === undefined
    ? only
    : ({ op: 'union', parts: [...all] } as Composite<ArrayType | ObjectType> as Shape[Kind])
}

function alternativesOf<Part extends ArrayType | ObjectType>(part: Part): readonly Part[] {
  return part.op === 'union' ? (part.parts as readonly Part[]) : [part]
}

/** Returns the intersection of types. */
export function intersect(types: readonly Type[], work: Budget): Type {
  if (types.length === 1) return types[0] as Type
  const flat = flatten('intersection', types)
  work.take(flat.length)
  const shapes = shapesAmong(flat)
  const shape = fold(shapes, 0, shapes.length, work)
  if (shapes.length === flat.length || isNever(shape)) return shape
  const others = [...new Set<Type>(flat.filter((type) => type.op !== 'shape'))]
  if (!isUnknown(shape)) others.push(shape)
  return others.length === 1 ? (others[0] as Type) : { op: 'intersection', types: others }
}

const isShape = (type: Type): type is Shape => type.op === 'shape'

const shapesAmong = (types: readonly Type[]): readonly Shape[] => (types.every(isShape) ? types : types.filter(isShape))

/** Intersects shapes by halves, so that a thousand lists of one property are merged in n log n steps. */
function fold(shapes: readonly Shape[], start: number, end: number, work: Budget): Shape {
  if (end - start <= 1) return shapes[start] ?? UNKNOWN
  const middle = start + ((end - start) >> 1)
  return intersectShapes(fold(shapes, start, middle, work), fold(shapes, middle, end, work), work)
}

/** Steps to merge two shapes, in addition to their parts. */
const MERGE_COST = 5

function intersectShapes(left: Shape, right: Shape, work: Budget): Shape {
  if (left === UNKNOWN) return right
  if (right === UNKNOWN) return left
  work.take(MERGE_COST)
  const shape: Shape = {
    op: 'shape',
    null: left.null && right.null,
    boolean: intersectSets(left.boolean, right.boolean, work),
    number: intersectSets(left.number, right.number, work),
    string: intersectSets(left.string, right.string, work),
    array: both(left.array, right.array, mergeArrays, work),
    object: both(left.object, right.object, mergeObjects, work),
    inexact: left.inexact | right.inexact,
  }
  return shape.inexact === 0 ? shape : { ...shape, inexact: shape.inexact & kindsOf(shape) }
}

function intersectSets(left: Scalars, right: Scalars, work: Budget): Scalars {
  if (left === 'all') return right
  if (right === 'all') return left
  if (left.size === 0 || right.size === 0) return NO_SCALARS
  work.take(left.size)
  return new Set([...left].filter((value) => right.has(value)))
}

function both<Part extends ArrayType | ObjectType>(
  left: Part | undefined,
  right: Part | undefined,
  merge: Merge<Part>,
  work: Budget,
): Part | undefined {
  if (left === undefined || right === undefined) return undefined
  if (left.op === 'any') return right
  if (right.op === 'any' || left === right) return left
  const merged = merge(left, right, work)
  if (merged !== undefined) return merged
  const parts = [left, right].flatMap((part) => (part.op === 'intersection' ? (part.parts as Part[]) : [part]))
  return { op: 'intersection', parts: mergeAmong(parts, merge, work) } as unknown as Part
}

/** Merges two parts, or returns undefined if that is not possible. */
type Merge<Part> = (left: Part, right: Part, work: Budget) => Part | undefined

/** Merges the parts of an intersection that can be merged. */
function mergeAmong<Part>(parts: readonly Part[], merge: Merge<Part>, work: Budget): Part[] {
  const kept: Part[] = []
  for (const part of parts) {
    let merged: Part | undefined
    const at = kept.findIndex((known) => {
      work.take(1)
      merged = known === part ? known : merge(known, part, work)
      return merged !== undefined
    })
    if (merged === undefined) kept.push(part)
    else kept[at] = merged
  }
  return kept
}

/** Returns the type of the values that a type excludes. It is wider wherever the type is not exact. */
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
  for (const type of types) {
    if (type.op === op) return types.flatMap((inner) => (inner.op === op ? flatten(op, inner.types) : [inner]))
  }
  return types
}
