import {
  arrayBufferByteLength,
  defineProperty,
  errorConstructors,
  hasOwn,
  infinity,
  isArray,
  isFiniteNumber,
  jsonParse,
  mapSet,
  notANumber,
  OriginalBigInt,
  OriginalDate,
  OriginalError,
  OriginalMap,
  OriginalObject,
  OriginalRegExp,
  OriginalSet,
  regExpTest,
  setAdd,
  stringSlice,
  typedArrayBuffer,
  viewConstructors,
} from '../intrinsics.ts'
import { base64ToBytes } from './base64.ts'
import { MAX_ERRORS, MAX_NUMERIC_KEYS, MAX_REGEXP_LENGTH, NodeKind, Special } from './graph.ts'

/** Thrown for text that `encode` does not write. The sender is faulty or hostile. */
export class MalformedValueError extends OriginalError {
  static {
    this.prototype.name = 'MalformedValueError'
  }
}

/**
 * Decodes text from `encode` and accepts nothing else. A hostile sender can create any value of the supported kinds,
 * but nothing else. Work and memory are linear in the length of the text.
 *
 * @throws {@link MalformedValueError} for any other text
 */
export function decode(text: string): unknown {
  const form = text[0]
  if (form !== 'j' && form !== 'g') throw new MalformedValueError('unknown form')
  let tree: unknown
  try {
    tree = jsonParse(stringSlice(text, 1))
  } catch {
    throw new MalformedValueError('not JSON')
  }
  if (form === 'j') return tree
  if (!isArray(tree) || tree.length === 0) throw new MalformedValueError('not a graph')
  return new GraphDecoder(tree).decode()
}

const hexadecimal = /^-?[0-9a-f]+$/
const arrayIndex = /^\d+$/

class GraphDecoder {
  readonly #nodes: readonly unknown[]
  readonly #objects: object[] = []
  #numericKeys = 0
  #errors = 0
  #regExpLength = 0

  constructor(nodes: readonly unknown[]) {
    this.#nodes = nodes
  }

  decode(): unknown {
    // A node may refer to a later one, so every object is created before any is filled. Views and boxes cannot be
    // filled later. They are created last, and refer to a buffer or a primitive, never to another view.
    const late: number[] = []
    for (let index = 1; index < this.#nodes.length; index++) {
      const node = this.#content(index)
      if (node[0] === NodeKind.view || node[0] === NodeKind.boxed) late[late.length] = index
      else this.#objects[index] = this.#shell(node)
    }
    for (let index = 0; index < late.length; index++) {
      const id = late[index] as number
      this.#objects[id] = this.#shell(this.#content(id))
    }
    for (let index = 1; index < this.#nodes.length; index++) {
      this.#fill(this.#objects[index] as object, this.#content(index))
    }
    return this.#value(this.#nodes[0])
  }

  #content(index: number): readonly unknown[] {
    const node = this.#nodes[index]
    return isArray(node) ? node : malformed('a node is not a list')
  }

  #shell(node: readonly unknown[]): object {
    switch (node[0]) {
      case NodeKind.object:
        return {}
      case NodeKind.array:
        return []
      case NodeKind.map:
        return new OriginalMap()
      case NodeKind.set:
        return new OriginalSet()
      case NodeKind.date:
        return new OriginalDate(node[1] === null ? notANumber : number(node[1]))
      case NodeKind.regExp:
        this.#regExpLength += string(node[1]).length
        if (this.#regExpLength > MAX_REGEXP_LENGTH) return malformed('regular expressions are too long')
        try {
          return new OriginalRegExp(string(node[1]), string(node[2]))
        } catch {
          // The syntax that engines support differs slightly.
          return malformed('a regular expression does not compile here')
        }
      case NodeKind.error:
        if (++this.#errors > MAX_ERRORS) return malformed('too many errors')
        return errorShell(string(node[1]), string(node[2]))
      case NodeKind.arrayBuffer:
        return bytes(node[1])
      case NodeKind.view:
        return this.#view(node)
      case NodeKind.boxed: {
        const content = this.#value(node[1])
        return typeof content === 'object' ? malformed('an object in a box') : OriginalObject(content)
      }
      default:
        return malformed('unknown kind of node')
    }
  }

  #view(node: readonly unknown[]): object {
    const View = viewConstructors[string(node[1])] ?? malformed('unknown kind of view')
    const source = node[2]
    const buffer = typeof source === 'string' ? bytes(source) : this.#value(source)
    try {
      // The brand check comes first: from a number or a list, a view would allocate any size that the sender chooses.
      arrayBufferByteLength(buffer)
      return new View(buffer as ArrayBuffer)
    } catch {
      return malformed('a view does not fit its buffer')
    }
  }

  #fill(target: object, node: readonly unknown[]): void {
    switch (node[0]) {
      case NodeKind.object:
        return this.#properties(target, node, 1)
      case NodeKind.array: {
        const slots = node[1]
        if (!isArray(slots)) return malformed('elements are not a list')
        let holes = 0
        for (let index = 0; index < slots.length; index++) {
          const slot = slots[index]
          if (isArray(slot) && slot[0] === Special.hole) holes++
          else (target as unknown[])[index] = this.#value(slot)
        }
        if (holes > 0) (target as unknown[]).length = slots.length
        return this.#properties(target, node, 2)
      }
      case NodeKind.map:
        for (let index = 1; index < node.length; index += 2) {
          mapSet(target as Map<unknown, unknown>, this.#key(node[index]), this.#value(node[index + 1]))
        }
        return
      case NodeKind.set:
        for (let index = 1; index < node.length; index++) setAdd(target as Set<unknown>, this.#key(node[index]))
        return
      case NodeKind.error:
        for (let index = 3; index < node.length; index += 2) {
          const key = node[index]
          if (key !== 'cause' && key !== 'errors') return malformed('unknown property of an error')
          hide(target, key, this.#value(node[index + 1]))
        }
    }
  }

  #properties(target: object, node: readonly unknown[], from: number): void {
    for (let index = from; index < node.length; index += 2) {
      const key = string(node[index])
      // Elements are not encoded as properties: a high index or a length would let a short text create a large array.
      if (isArray(target) && (key === 'length' || regExpTest(arrayIndex, key)))
        return malformed('an index among the properties')
      defineProperty(target, key, {
        __proto__: null,
        value: this.#value(node[index + 1]),
        writable: true,
        enumerable: true,
        configurable: true,
      } as PropertyDescriptor)
    }
  }

  #key(slot: unknown): unknown {
    const key = this.#value(slot)
    if (typeof key === 'number' || typeof key === 'bigint') {
      if (++this.#numericKeys > MAX_NUMERIC_KEYS) return malformed('too many numeric keys')
    }
    return key
  }

  #value(slot: unknown): unknown {
    if (!isArray(slot)) {
      // A list that ends too early results in undefined.
      if (slot === undefined || (typeof slot === 'object' && slot !== null)) return malformed('not a slot')
      return slot
    }
    const id = slot[0]
    switch (id) {
      case Special.undefined:
        return undefined
      case Special.nan:
        return notANumber
      case Special.infinity:
        return infinity
      case Special.negativeInfinity:
        return -infinity
      case Special.negativeZero:
        return -0
      case Special.bigInt:
        return bigInt(string(slot[1]))
    }
    return typeof id === 'number' && hasOwn(this.#objects, id)
      ? this.#objects[id]
      : malformed('a slot refers to nothing')
  }
}

function malformed(what: string): never {
  throw new MalformedValueError(what)
}

const string = (value: unknown): string => (typeof value === 'string' ? value : malformed('not a string'))
const number = (value: unknown): number => (isFiniteNumber(value) ? (value as number) : malformed('not a number'))
const bytes = (value: unknown): ArrayBuffer => typedArrayBuffer(base64ToBytes(string(value)) ?? malformed('not base64'))

function bigInt(digits: string): bigint {
  if (!regExpTest(hexadecimal, digits)) return malformed('not a BigInt')
  return digits[0] === '-' ? -OriginalBigInt(`0x${stringSlice(digits, 1)}`) : OriginalBigInt(`0x${digits}`)
}

function errorShell(name: string, message: string): Error {
  const Known = errorConstructors[name]
  const error = new (Known ?? OriginalError)(message)
  if (Known === undefined) hide(error, 'name', name)
  // The stack of this function is useless to the receiver and may contain file names of the host.
  hide(error, 'stack', message === '' ? name : `${name}: ${message}`)
  return error
}

function hide(target: object, key: string, value: unknown): void {
  defineProperty(target, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  } as PropertyDescriptor)
}
