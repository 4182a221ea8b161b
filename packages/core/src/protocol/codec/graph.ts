/**
 * A value in the graph form: a string, a finite number, a boolean or null as itself, anything else as an array. Objects
 * are references, `[number of the node]`.
 *
 * The graph form is a list: the slot of the root, then one node for each object, numbered from 1. Nodes contain slots.
 * The list is flat, so that depth takes no stack and an object that occurs twice is written once.
 */
export type Slot = string | number | boolean | null | readonly [number] | readonly [special: string, digits?: string]

/**
 * Limits for parts that cost the receiver more than their length. V8 does not seed the hash of numbers, so that keys
 * can be chosen to collide. Each error is created with a stack. Compiling a regular expression can take any time.
 */
export const MAX_NUMERIC_KEYS = 4_000
export const MAX_ERRORS = 4_000
export const MAX_REGEXP_LENGTH = 1_000

/** First element of a node. */
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
  /** `[kind, slot]`: `Object(1)` and similar */
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
  /** `[special, hexadecimal digits]`, with "-" before a negative number. Decimal is not parsed in linear time. */
  bigInt: 'B',
} as const
