/**
 * The graph form of a value: a list of nodes, one for each object, the first being the root. What stands inside a node
 * is a slot: a string, a finite number, a boolean or null as themselves, anything else as an array.
 * Flat, so that depth costs no stack, and an object that stands in two places is written once.
 */
export type Slot = string | number | boolean | null | readonly [number] | readonly [special: string, digits?: string]

/**
 * What a value may hold of what costs its reader more than its length. V8 does not seed the hash of numbers, so that keys
 * can be made to collide; an error is made with a stack; and compiling a regular expression takes as long as its author
 * likes.
 */
export const MAX_NUMERIC_KEYS = 4_000
export const MAX_ERRORS = 4_000
export const MAX_REGEXP_LENGTH = 1_000

/** How a node begins. */
export const NodeKind = {
  /** `[kind, key, slot, key, slot, …]` */
  object: 'o',
  /** `[kind, [slot, …], key, slot, …]` */
  array: 'a',
  /** `[kind, key, value, …]`, both slots */
  map: 'm',
  /** `[kind, slot, …]` */
  set: 'S',
  /** `[kind, milliseconds | null]` */
  date: 'd',
  /** `[kind, source, flags]` */
  regExp: 'r',
  /** `[kind, name, message, key, slot, …]`, the keys being `cause` and `errors` */
  error: 'e',
  /** `[kind, base64]` */
  arrayBuffer: 'b',
  /** `[kind, type, buffer slot, byteOffset, byteLength]` */
  view: 'v',
  /** `[kind, slot]`: `Object(1)` and its like */
  boxed: 'O',
} as const
export type NodeKind = (typeof NodeKind)[keyof typeof NodeKind]

export const Special = {
  undefined: 'u',
  hole: 'h',
  nan: 'n',
  infinity: 'i',
  negativeInfinity: '-i',
  negativeZero: '-0',
  /** `[special, hexadecimal digits, "-" before a negative]`: linear to read, unlike decimal */
  bigInt: 'B',
} as const
