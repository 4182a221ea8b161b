import { defineProperty, getOwnPropertyDescriptor } from '../protocol/intrinsics.ts'

/** Defines a property with the attributes of built-ins: writable, configurable and not enumerable. */
export function define(target: object, key: PropertyKey, value: unknown): void {
  defineProperty(target, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  } as PropertyDescriptor)
}

/** Sets the `name` and `length` of a function to those of the built-in that it replaces. */
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

/** Defines a property whose value is created on first use, so that a program pays only for what it uses. */
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
      // Assigning to an inherited property defines an own property.
      const own = { __proto__: null, value, writable: true, enumerable: true, configurable: true }
      defineProperty(this, key, own as PropertyDescriptor)
    },
    enumerable: false,
    configurable: true,
  } as PropertyDescriptor)
}

/** Globals by which libraries detect Node. They are removed while a library is evaluated. */
const HIDDEN = ['process', 'Buffer']

/**
 * Evaluates a library.
 *
 * @param globals globals that the library defines if they are missing
 * @returns the exports of the library
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
