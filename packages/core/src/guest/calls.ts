import { decode, encode } from '../protocol/codec.ts'
import {
  freeze,
  getPrototypeOf,
  hasOwn,
  isArray,
  isArrayBufferView,
  jsonStringify,
  mapDelete,
  mapForEach,
  mapGet,
  mapSet,
  OriginalMap,
  OriginalPromise,
  OriginalProxy,
  OriginalSet,
  objectCreate,
  objectKeys,
  setAdd,
  setForEach,
  setHas,
} from '../protocol/intrinsics.ts'
import { BUILTINS, formatCall, type HostMessage, READ_BYTES } from '../protocol/messages.ts'
import { exceedsBytes } from '../protocol/size.ts'
import { define } from './define.ts'
import { ToolError } from './errors.ts'

/** Whether a tool was called as the callback of an array method: `list.map(tools.get)` also passes index and list. */
const isCallback = ({ length, 1: index, 2: list }: readonly unknown[]): boolean =>
  typeof index === 'number' && (length === 2 || (length === 3 && isArray(list)))

interface PendingCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
  readonly error: ToolError
}

/** Sends tool calls to the host, numbered from 1, and settles them when the host replies, in any order. */
export class Calls {
  readonly #pending = new OriginalMap<number, PendingCall>()
  readonly #post: (message: string) => void
  #count = 0
  #messageBytes = 0

  constructor(post: (message: string) => void) {
    this.#post = post
  }

  start({ limits, namespaces }: Extract<HostMessage, { type: 'start' }>): void {
    this.#messageBytes = limits.messageBytes
    const names = objectKeys(namespaces)
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string
      define(globalThis, name, this.#namespace(name, namespaces[name] as readonly string[]))
    }
  }

  /**
   * Creates an object with a function for each tool. An unknown name also returns a function, so that the host reports
   * the error when it is called. Exceptions are `then`, because `await namespace` would wait forever, and properties
   * that built-ins read from any object.
   */
  #namespace(namespace: string, tools: readonly string[]): object {
    const functions: Record<string, unknown> = objectCreate(null)
    for (let index = 0; index < tools.length; index++) {
      const tool = tools[index] as string
      functions[tool] = this.#function(namespace, tool)
    }
    // These are the same for every program, so an unknown name is undefined.
    if (namespace === BUILTINS) return freeze(functions)
    return new OriginalProxy(freeze(functions), {
      __proto__: null,
      get: (known: typeof functions, key: string | symbol) =>
        key in known || typeof key === 'symbol' || key === 'then' || key === 'toJSON' || key === 'constructor'
          ? known[key as string]
          : this.#function(namespace, key),
    } as ProxyHandler<typeof functions>)
  }

  #function(namespace: string, tool: string): (...inputs: unknown[]) => Promise<unknown> {
    const path = `${namespace}.${tool}`
    const quoted = jsonStringify(path)
    const call = (...inputs: unknown[]) => this.#call(path, quoted, inputs)
    define(call, 'name', tool)
    return call
  }

  #call(tool: string, quoted: string, inputs: readonly unknown[]): Promise<unknown> {
    return new OriginalPromise((resolve, reject) => {
      const error = new ToolError(tool)
      if (inputs.length > 1 && !isCallback(inputs)) {
        reject(error.fail('TOOL_INPUT_INVALID', `${tool} takes one object, not ${inputs.length} arguments`))
        return
      }
      const payload = encode(inputs[0] === undefined ? {} : inputs[0])
      if (exceedsBytes(payload, this.#messageBytes)) {
        reject(error.fail('LIMIT_MESSAGE_SIZE', `The input of ${tool} takes more than ${this.#messageBytes} bytes`))
        return
      }
      const id = ++this.#count
      mapSet(this.#pending, id, { resolve, reject, error })
      this.#post(formatCall(id, quoted, payload))
    })
  }

  /** @param attachments handles of the parts of the output whose bytes the host keeps. Default: none */
  returned(id: number, payload: string, attachments: readonly string[] | undefined): void {
    const value = decode(payload)
    if (attachments !== undefined) this.#attach(value, attachments)
    this.#take(id)?.resolve(value)
  }

  /** Gives the parts with these handles a method that reads their bytes. */
  #attach(root: unknown, attachments: readonly string[]): void {
    const handles = new OriginalSet<unknown>()
    for (let index = 0; index < attachments.length; index++) setAdd(handles, attachments[index])
    const seen = new OriginalSet<object>()
    const pending: unknown[] = [root]
    for (let index = 0; index < pending.length; index++) {
      const value = pending[index]
      if (typeof value !== 'object' || value === null || isArrayBufferView(value) || setHas(seen, value)) continue
      setAdd(seen, value)
      const { handle } = value as { handle?: unknown }
      if (hasOwn(value, 'handle') && setHas(handles, handle))
        define(value, 'bytes', () => this.#call(READ_BYTES, jsonStringify(READ_BYTES), [handle]))
      const add = (part: unknown) => {
        pending[pending.length] = part
      }
      // A program may have replaced what `instanceof` looks up.
      const prototype = getPrototypeOf(value)
      if (prototype === OriginalMap.prototype) mapForEach(value as Map<unknown, unknown>, add)
      else if (prototype === OriginalSet.prototype) setForEach(value as Set<unknown>, add)
      else {
        const keys = objectKeys(value)
        for (let at = 0; at < keys.length; at++) add((value as Record<string, unknown>)[keys[at] as string])
      }
    }
  }

  failed(id: number, code: string, message: string): void {
    const call = this.#take(id)
    call?.reject(call.error.fail(code, message))
  }

  #take(id: number): PendingCall | undefined {
    const call = mapGet(this.#pending, id)
    mapDelete(this.#pending, id)
    return call
  }
}
