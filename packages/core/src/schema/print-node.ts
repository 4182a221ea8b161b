import type { Definition } from './type.ts'

/** A node of the text to print. Equal nodes are one object, so that repeated types are detected and declared once. */
export type PrintNode = PrintNodeBase &
  (
    | { readonly op: 'text'; readonly text: string; readonly isLiteral: boolean }
    | { readonly op: 'named'; readonly definition: Definition }
    | { readonly op: 'list'; readonly element: PrintNode }
    | {
        readonly op: 'tuple'
        readonly elements: readonly PrintNode[]
        readonly required: number
        readonly rest: PrintNode | undefined
      }
    | ObjectBody
    | { readonly op: 'union' | 'intersection'; readonly parts: readonly PrintNode[] }
  )

interface ObjectBody {
  readonly op: 'object'
  readonly members: readonly EntryMember[]
  readonly signatures: readonly Signature[]
}

export type ObjectNode = PrintNodeBase & ObjectBody

export interface PrintNodeBase {
  readonly id: number
  /** Number of nodes that contain this one. */
  uses: number
  /** Suggested type name. */
  hint: string
  /** Approximate length where it is printed, in characters. Undefined until it is measured. */
  size: number | undefined
}

export interface EntryMember {
  readonly key: string
  readonly isOptional: boolean
  readonly doc: string
  readonly type: PrintNode
}

export interface Signature {
  /** Type of the keys: `string` or a template literal. */
  readonly keys: string
  readonly type: PrintNode
  readonly isMaybeUndefined: boolean
}

/** Counts one use of a node. A list never gets a name, so its uses also count as uses of its element. */
export function use(entry: PrintNode): void {
  entry.uses++
  if (entry.op === 'list') use(entry.element)
}

export function forEachChild(entry: PrintNode, visit: (child: PrintNode) => void): void {
  switch (entry.op) {
    case 'text':
    case 'named':
      return
    case 'list':
      return visit(entry.element)
    case 'tuple':
      for (const element of entry.elements) visit(element)
      if (entry.rest !== undefined) visit(entry.rest)
      return
    case 'object':
      for (const { type } of entry.members) visit(type)
      for (const { type } of entry.signatures) visit(type)
      return
    case 'union':
    case 'intersection':
      for (const part of entry.parts) visit(part)
      return
    default:
      entry satisfies never
  }
}

/** Returns a hash of an object. Equal objects have the same hash. */
export function lookOf({ members, signatures }: ObjectNode): number {
  let look = signatures.length
  for (const { key, isOptional, type, doc } of members) {
    look = (Math.imul(look, 31) + (isOptional ? ~type.id : type.id)) | 0
    look = (Math.imul(look, 31) + key.length + doc.length) | 0
  }
  return look
}

export const areEqual = (left: ObjectNode, right: ObjectNode): boolean =>
  isSameList(left.members, right.members, isSameMember) &&
  isSameList(left.signatures, right.signatures, isSameSignature)

function isSameList<Item>(
  left: readonly Item[],
  right: readonly Item[],
  isSame: (left: Item, right: Item) => boolean,
): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) {
    if (!isSame(left[index] as Item, right[index] as Item)) return false
  }
  return true
}

const isSameMember = (left: EntryMember, right: EntryMember): boolean =>
  left.type === right.type && left.isOptional === right.isOptional && left.key === right.key && left.doc === right.doc

const isSameSignature = (left: Signature, right: Signature): boolean =>
  left.type === right.type && left.isMaybeUndefined === right.isMaybeUndefined && left.keys === right.keys
