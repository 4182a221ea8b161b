import type { Json } from '../values/json.ts'
import type { JsonSchema } from '../values/json-schema.ts'

/**
 * The values that a schema accepts, in a form that can be combined before it is printed. Keywords apply to one kind of
 * JSON value only, so a {@link Shape} keeps the kinds separate: `{ minLength: 1 }` does not affect numbers, and `{
 * properties }` does not affect strings.
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
  /** Bits of the {@link KINDS} whose part is wider than the schema, so that their complement is unknown. */
  readonly inexact: number
}

/** All values of a kind, or a set of them. */
export type Scalars = 'all' | ReadonlySet<string | number | boolean>

/** A type that must be referenced by name: it contains itself, or is too deep to be written in place. */
export interface Named {
  readonly op: 'named'
  readonly definition: Definition
}

export interface Definition {
  readonly hint: string
  readonly schema: JsonSchema
  type: Type | undefined
}

/** A union or intersection that only TypeScript can compute, since it contains a named type. */
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
  /** Number of required elements. */
  readonly required: number
  /** Type of further elements. Undefined if none are allowed. */
  readonly rest: Type | undefined
}

export interface Properties {
  readonly op: 'properties'
  readonly members: ReadonlyMap<string, Member>
  /** Type of other properties. Undefined if none are allowed. */
  readonly rest: Type | undefined
  /** Whether an index signature declares other properties even if they may have any value. */
  readonly isOpen: boolean
  /** Types of properties by key pattern, such as `x-${string}`. */
  readonly templates: readonly Template[]
}

export interface Member {
  readonly type: Type
  readonly isOptional: boolean
  /** Schemas that document the property, the nearest first. */
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

/** Accepts every value, because nothing more precise is known. */
export const UNSURE: Shape = { ...UNKNOWN, inexact: ALL_KINDS }

/** Types with all values of one kind. */
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

/** Returns the kinds of value that a shape accepts. */
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

/** Returns whether a type accepts exactly the values that its schema accepts. */
export function isExact(type: Type): boolean {
  return type.op === 'shape' && type.inexact === 0
}

/**
 * Returns the type of all values of some kinds. Each combination of kinds has a single object, so that caches by type
 * find it.
 */
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

/** Results of {@link shapeOf}, by the kinds. */
const SHAPES: (Shape | undefined)[] = Array.from({ length: ALL_KINDS + 1 })
SHAPES[0] = NEVER
for (const [kind, bit] of Object.entries(KINDS)) SHAPES[bit] = ONLY[kind as Kind]
SHAPES[ALL_KINDS] = UNKNOWN
