import { defineProperty, getOwnPropertyDescriptor, objectKeys } from '../protocol/intrinsics.ts'

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

/** Defines a property whose value is made on first touch, so that a program pays only for what it uses. */
export function defineLazy(target: object, key: PropertyKey, make: () => unknown): void {
  defineProperty(target, key, {
    __proto__: null,
    get() {
      const value = make()
      define(target, key, value)
      return value
    },
    set(value: unknown) {
      define(target, key, value)
    },
    enumerable: false,
    configurable: true,
  } as PropertyDescriptor)
}

/**
 * Evaluates a library that installs itself as some globals, and returns what it installed.
 *
 * @param stands what the library expects of its surroundings while it loads, and a guest does not have
 */
export function loadLibrary<Loaded>(load: () => Loaded, globals: readonly string[] = [], stands: object = {}): Loaded {
  const global = globalThis as Record<string, unknown>
  for (let index = 0; index < globals.length; index++) delete global[globals[index] as string]
  // Libraries look at it to tell engines apart; a guest's refuses every look.
  const process = getOwnPropertyDescriptor(globalThis, 'process')
  delete global.process
  const standing = objectKeys(stands)
  for (let index = 0; index < standing.length; index++) {
    define(globalThis, standing[index] as string, (stands as Record<string, unknown>)[standing[index] as string])
  }
  try {
    return load()
  } finally {
    for (let index = 0; index < standing.length; index++) delete global[standing[index] as string]
    if (process !== undefined) defineProperty(globalThis, 'process', process)
    // core-js leaves its table of versions behind.
    delete global['__core-js_shared__']
    for (let index = 0; index < globals.length; index++) {
      const key = globals[index] as string
      define(globalThis, key, getOwnPropertyDescriptor(globalThis, key)?.value)
    }
  }
}
