import { defineProperty, getOwnPropertyDescriptor } from '../protocol/intrinsics.ts'

/** Defines a property as built-ins are defined: writable, configurable and not enumerable. */
export function define(target: object, key: PropertyKey, value: unknown): void {
  defineProperty(target, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  } as PropertyDescriptor)
}

/** Gives a function the name and the number of parameters that the built-in has in whose place it stands. */
export function named<Callable extends (...rest: never) => unknown>(
  name: string,
  callable: Callable,
  length = callable.length,
): Callable {
  const fixed = { __proto__: null, writable: false, enumerable: false, configurable: true }
  defineProperty(callable, 'name', { ...fixed, value: name } as PropertyDescriptor)
  defineProperty(callable, 'length', { ...fixed, value: length } as PropertyDescriptor)
  return callable
}

/** Defines a property whose value is made on first touch, so that a program pays only for what it uses. */
export function defineLazy(target: object, key: PropertyKey, make: () => unknown): void {
  defineProperty(target, key, {
    __proto__: null,
    get() {
      const value = make()
      define(target, key, value)
      return value
    },
    set(this: unknown, value: unknown) {
      if (this === target || typeof this !== 'object' || this === null) return define(target, key, value)
      // As an object gets a property of its own where it inherits one.
      const own = { __proto__: null, value, writable: true, enumerable: true, configurable: true }
      defineProperty(this, key, own as PropertyDescriptor)
    },
    enumerable: false,
    configurable: true,
  } as PropertyDescriptor)
}

/** Globals that libraries inspect to detect Node. They must not find ours. */
const HIDDEN = ['process', 'Buffer']

/**
 * Evaluates a library.
 *
 * @param globals those that it makes where it finds none
 * @returns what it exports
 */
export function loadLibrary(load: () => unknown, globals: readonly string[]): unknown {
  const global = globalThis as Record<string, unknown>
  for (let index = 0; index < globals.length; index++) delete global[globals[index] as string]
  const hidden: (PropertyDescriptor | undefined)[] = []
  for (let index = 0; index < HIDDEN.length; index++) {
    const name = HIDDEN[index] as string
    hidden[index] = getOwnPropertyDescriptor(globalThis, name)
    delete global[name]
  }
  try {
    return load()
  } finally {
    for (let index = 0; index < HIDDEN.length; index++) {
      const descriptor = hidden[index]
      if (descriptor !== undefined) defineProperty(globalThis, HIDDEN[index] as string, descriptor)
    }
    // core-js leaves its table of versions behind.
    delete global['__core-js_shared__']
    for (let index = 0; index < globals.length; index++) {
      const key = globals[index] as string
      define(globalThis, key, getOwnPropertyDescriptor(globalThis, key)?.value)
    }
  }
}
