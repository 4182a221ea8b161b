import type { JsonSchema } from '../catalog/tool.ts'
import type { Json } from './json.ts'

/**
 * What a schema lets through, before it is text. Keywords apply to one type of JSON value only, so a {@link Shape} keeps
 * each apart: `{ minLength: 1 }` says nothing of numbers, `{ properties }` nothing of strings.
 */
export type Type = Shape | Named | Combined

export interface Shape {
  readonly op: 'shape'
  readonly null: boolean
  readonly boolean: Scalars
  readonly number: Scalars
  readonly string: Scalars
  readonly array: ArrayType | undefined
  readonly object: ObjectType | undefined
  /** {@link KINDS} whose part is wider than the schema: nothing may be concluded from what it leaves out. */
  readonly inexact: number
}

/** All values of a kind, or these. */
export type Scalars = 'all' | ReadonlySet<string | number | boolean>

/** A type that must be called by name: it contains itself, or is too deep to be written in place. */
export interface Named {
  readonly op: 'named'
  readonly definition: Definition
}

export interface Definition {
  readonly hint: string
  readonly schema: JsonSchema
  type: Type | undefined
}

/** What only TypeScript can work out: a named type is part of it. */
export interface Combined {
  readonly op: 'union' | 'intersection'
  readonly types: readonly Type[]
}

export type ArrayType = Any | List | Tuple | Composite<ArrayType>
export type ObjectType = Any | Properties | Composite<ObjectType>

export interface Any {
  readonly op: 'any'
}

export interface List {
  readonly op: 'list'
  readonly element: Type
}

export interface Tuple {
  readonly op: 'tuple'
  readonly elements: readonly Type[]
  /** How many of the elements must be there. */
  readonly required: number
  /** The type of what follows; undefined if nothing may. */
  readonly rest: Type | undefined
}

export interface Properties {
  readonly op: 'properties'
  readonly members: ReadonlyMap<string, Member>
  /** The type of other properties; undefined if there may be none. */
  readonly rest: Type | undefined
  /** Whether others are said to be welcome, rather than just not forbidden. */
  readonly isOpen: boolean
  /** Types by the pattern of their key, such as `x-${string}`. */
  readonly templates: readonly Template[]
}

export interface Member {
  readonly type: Type
  readonly isOptional: boolean
  /** Schemas that document it, the nearest first. */
  readonly docs: readonly Json[]
}

export interface Template {
  readonly prefix: string
  readonly suffix: string
  readonly type: Type
}

export interface Composite<Part> {
  readonly op: 'union' | 'intersection'
  readonly parts: readonly Part[]
}

export const KINDS = { null: 1, boolean: 2, number: 4, string: 8, array: 16, object: 32 } as const
export type Kind = keyof typeof KINDS
export const ALL_KINDS = 63

export const ANY: Any = { op: 'any' }
export const NO_SCALARS: ReadonlySet<never> = new Set<never>()

export const NEVER: Shape = {
  op: 'shape',
  null: false,
  boolean: NO_SCALARS,
  number: NO_SCALARS,
  string: NO_SCALARS,
  array: undefined,
  object: undefined,
  inexact: 0,
}

export const UNKNOWN: Shape = {
  op: 'shape',
  null: true,
  boolean: 'all',
  number: 'all',
  string: 'all',
  array: ANY,
  object: ANY,
  inexact: 0,
}

/** Lets everything through, for want of better knowledge. */
export const UNSURE: Shape = { ...UNKNOWN, inexact: ALL_KINDS }

/** All values of one kind. */
export const ONLY: { readonly [kind in Kind]: Shape } = {
  null: { ...NEVER, null: true },
  boolean: { ...NEVER, boolean: 'all' },
  number: { ...NEVER, number: 'all' },
  string: { ...NEVER, string: 'all' },
  array: { ...NEVER, array: ANY },
  object: { ...NEVER, object: ANY },
}

export function isUnknown(type: Type): boolean {
  return (
    type.op === 'shape' &&
    type.null &&
    type.boolean === 'all' &&
    type.number === 'all' &&
    type.string === 'all' &&
    type.array?.op === 'any' &&
    type.object?.op === 'any'
  )
}

export function isNever(type: Type): boolean {
  return type.op === 'shape' && kindsOf(type) === 0
}

/** Which kinds of value a shape lets through at all. */
export function kindsOf(shape: Shape): number {
  let kinds = 0
  if (shape.null) kinds |= KINDS.null
  if (hasScalars(shape.boolean)) kinds |= KINDS.boolean
  if (hasScalars(shape.number)) kinds |= KINDS.number
  if (hasScalars(shape.string)) kinds |= KINDS.string
  if (shape.array !== undefined) kinds |= KINDS.array
  if (shape.object !== undefined) kinds |= KINDS.object
  return kinds
}

export const hasScalars = (scalars: Scalars): boolean => scalars === 'all' || scalars.size > 0

/** Whether a type says exactly what its schema does. */
export function isExact(type: Type): boolean {
  return type.op === 'shape' && type.inexact === 0
}

/** All values of some kinds. One object for each choice of kinds, so that what is known of it is found again. */
export function shapeOf(kinds: number): Shape {
  SHAPES[kinds] ??= newShapeOf(kinds)
  return SHAPES[kinds]
}

function newShapeOf(kinds: number): Shape {
  const has = (kind: Kind) => (kinds & KINDS[kind]) !== 0
  return {
    op: 'shape',
    null: has('null'),
    boolean: has('boolean') ? 'all' : NO_SCALARS,
    number: has('number') ? 'all' : NO_SCALARS,
    string: has('string') ? 'all' : NO_SCALARS,
    array: has('array') ? ANY : undefined,
    object: has('object') ? ANY : undefined,
    inexact: 0,
  }
}

/** All values of some kinds, by the kinds. */
const SHAPES: (Shape | undefined)[] = Array.from({ length: ALL_KINDS + 1 })
SHAPES[0] = NEVER
for (const [kind, bit] of Object.entries(KINDS)) SHAPES[bit] = ONLY[kind as Kind]
SHAPES[ALL_KINDS] = UNKNOWN
