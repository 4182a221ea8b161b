/** Size of a value when it is traversed: shared parts count at every reference. */
export interface ValueSize {
  /** Number of objects and primitives. */
  readonly nodes: number
  /** UTF-16 code units of strings and keys, bytes of buffers, and one for each node. JSON of the value is longer. */
  readonly characters: number
  /** Whether the value contains itself. Back references then count as leaves. */
  readonly isCyclic: boolean
  /**
   * Whether JSON can express the value: plain objects, dense arrays, strings, finite numbers, booleans and null, and
   * `undefined` in objects.
   */
  readonly isJson: boolean
  /** Whether each part is known to be referenced only once, as in parsed JSON. */
  readonly isTree: boolean
}

interface Frame {
  readonly object: object
  readonly children: readonly object[]
  next: number
  nodes: number
  characters: number
}

/** Size of a part that has been traversed. */
type Known = Pick<ValueSize, 'nodes' | 'characters'>

const NO_CHILDREN: readonly object[] = []

/** Classes of boxed primitives, such as `Object('text')`. They count as leaves, regardless of their keys. */
const BOXES: readonly unknown[] = [String, Number, Boolean, BigInt, Symbol]

/**
 * Measures a value in time linear in the number of its distinct parts, however often these are referenced.
 *
 * @param limit number of characters, counted once for each distinct part, above which the traversal stops. The value is
 *   then larger than the result.
 */
export function measureValue(root: unknown, limit = Number.POSITIVE_INFINITY): ValueSize {
  return new Measurement(limit).measure(root)
}

class Measurement {
  readonly #limit: number
  /** Sizes of the parts that have been traversed. Undefined while a part is being traversed. */
  readonly #known = new Map<object, Known | undefined>()
  #isCyclic = false
  #isJson = true
  /** Size of the part that is being inspected. */
  #nodes = 0
  #characters = 0
  #children: object[] | undefined
  /** Characters of all distinct parts so far. */
  #met = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  measure(root: unknown): ValueSize {
    this.#look(root)
    const top = this.#frame(this)
    const frames: Frame[] = [top]
    for (let frame = top; this.#met <= this.#limit; ) {
      const child = frame.children[frame.next++]
      if (child === undefined) {
        frames.pop()
        const parent = frames.at(-1)
        if (parent === undefined) break
        const { nodes, characters } = frame
        this.#known.set(frame.object, { nodes, characters })
        parent.nodes += nodes
        parent.characters += characters
        frame = parent
      } else if (this.#known.has(child)) {
        const size = this.#known.get(child)
        this.#isCyclic ||= size === undefined
        frame.nodes += size?.nodes ?? 1
        frame.characters += size?.characters ?? 1
      } else {
        this.#open(child)
        if (this.#children === undefined) {
          const size = { nodes: this.#nodes, characters: this.#characters }
          // Empty parts are measured at each reference, which is faster than remembering them.
          if (size.nodes > 1) this.#known.set(child, size)
          frame.nodes += size.nodes
          frame.characters += size.characters
        } else {
          this.#known.set(child, undefined)
          frame = this.#frame(child)
          frames.push(frame)
        }
      }
    }
    const { nodes, characters } = this.#met <= this.#limit ? top : { nodes: this.#met, characters: this.#met }
    return { nodes, characters, isCyclic: this.#isCyclic, isJson: this.#isJson, isTree: false }
  }

  #frame(object: object): Frame {
    const children = this.#children ?? NO_CHILDREN
    return { object, children, next: 0, nodes: this.#nodes, characters: this.#characters }
  }

  #open(object: object): void {
    this.#nodes = 1
    this.#characters = 1
    this.#children = undefined
    this.#lookInside(object)
    this.#met += this.#characters
  }

  /** Counts a primitive immediately, and an object later. */
  #look(value: unknown): void {
    switch (typeof value) {
      case 'string':
        this.#nodes++
        this.#characters += value.length + 1
        return
      case 'object':
        if (value !== null) {
          this.#children ??= []
          this.#children.push(value)
          return
        }
        break
      case 'number':
        this.#isJson &&= Number.isFinite(value)
        break
      case 'bigint':
        this.#isJson = false
        this.#characters += value.toString(16).length
        break
      case 'boolean':
      case 'undefined':
        break
      default:
        this.#isJson = false
    }
    this.#nodes++
    this.#characters++
  }

  #lookInside(object: object): void {
    if (Array.isArray(object)) return this.#lookIntoArray(object)
    const prototype: unknown = Object.getPrototypeOf(object)
    if (prototype !== Object.prototype && prototype !== null) {
      this.#isJson = false
      if (this.#lookIntoKind(object)) return
    }
    for (const key of Object.keys(object)) {
      this.#characters += key.length
      this.#look((object as Record<string, unknown>)[key])
    }
  }

  #lookIntoArray(list: readonly unknown[]): void {
    const keys = Object.keys(list)
    this.#isJson &&= keys.length === list.length
    // A traversal visits holes, too.
    const holes = Math.max(0, list.length - keys.length)
    this.#nodes += holes
    this.#characters += holes
    // JSON cannot express elements that are undefined either. Holes and extra keys are distinguished later.
    for (const key of keys) {
      const value = list[key as never]
      this.#isJson &&= value !== undefined
      this.#look(value)
    }
  }

  /** Returns false for an object that is traversed like a plain one. */
  #lookIntoKind(object: object): boolean {
    if (object instanceof Map) {
      for (const [key, value] of object) {
        this.#look(key)
        this.#look(value)
      }
    } else if (object instanceof Set) {
      for (const value of object) this.#look(value)
    } else if (object instanceof Error) {
      this.#characters += String(object.name).length + String(object.message).length
      for (const key of ['cause', 'errors'] as const) {
        const property = Object.getOwnPropertyDescriptor(object, key)
        if (property !== undefined && 'value' in property) this.#look(property.value)
      }
    } else if (object instanceof RegExp) {
      this.#characters += object.source.length
    } else if (object instanceof ArrayBuffer || ArrayBuffer.isView(object)) {
      this.#characters += object.byteLength
    } else if (isBox(object)) {
      const content = object.valueOf()
      this.#characters += typeof content === 'string' ? content.length : 1
    } else {
      return object instanceof Date
    }
    return true
  }
}

/** Whether an object is a boxed primitive. The prototype is compared first, because most objects are plain. */
export const isBox = (object: object): boolean =>
  Object.getPrototypeOf(object) !== Object.prototype && BOXES.some((Box) => object instanceof (Box as new () => object))

/** Cost of parsing an array or an object, relative to a number. */
const CONTAINER_COST = 3
/** Maximum cost of text that is parsed on a host's thread: up to 50 ms to parse, and as long again to measure. */
const MAX_READING_COST = 300_000

/** Whether JSON text, or a graph of the codec, is too costly to parse on a host's thread. Does not parse the text. */
export function isCostlyToRead(text: string): boolean {
  return countValues(text, MAX_READING_COST, CONTAINER_COST) > MAX_READING_COST
}

/**
 * Counts the values in JSON text, or in a graph of the codec, without parsing it, by the commas and brackets outside of
 * strings.
 *
 * @param limit count above which counting stops: the text has more values than the result
 * @param perContainer weight of an array or an object
 */
export function countValues(text: string, limit: number, perContainer = 1): number {
  // Each value takes at least one character.
  if (text.length * perContainer <= limit) return text.length
  let count = 1
  for (let at = 0; at < text.length && count <= limit; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfText(text, at)
        break
      case 0x2c: // ,
        count++
        break
      case 0x5b: // [
      case 0x7b: // {
        count += perContainer
    }
  }
  return count
}

/** Returns the position of the quote that ends a string. */
function endOfText(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}
