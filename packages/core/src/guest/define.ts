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

/** Lets a library that installs itself as a global do so, and returns what it installed. */
export function installGlobals(keys: readonly string[], install: () => void): Record<string, unknown> {
  for (let index = 0; index < keys.length; index++) delete (globalThis as Record<string, unknown>)[keys[index] as string]
  install()
  // core-js leaves its table of versions behind.
  delete (globalThis as Record<string, unknown>)['__core-js_shared__']
  const installed: Record<string, unknown> = {}
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    installed[key] = getOwnPropertyDescriptor(globalThis, key)?.value
    define(globalThis, key, installed[key])
  }
  return installed
}
