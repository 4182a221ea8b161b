import { defineProperty, getPrototypeOf, reflectApply } from '../protocol/intrinsics.ts'
import { define, named } from './define.ts'

/** Helpers that return an iterator. */
const LAZY = ['map', 'filter', 'take', 'drop', 'flatMap'] as const

/**
 * Fixes the iterator helpers of QuickJS, which throw when they end early on an iterator without `return`, such as those of
 * arrays and maps.
 */
export function fixIteratorHelpers(): void {
  const prototype = getPrototypeOf(getPrototypeOf([].values()) as object) as Record<
    string,
    (...given: never) => unknown
  >
  if (isRight(prototype)) return
  for (let index = 0; index < LAZY.length; index++) {
    const name = LAZY[index] as (typeof LAZY)[number]
    const original = prototype[name] as (argument: never) => unknown
    const helper = {
      [name](this: unknown, argument: unknown): unknown {
        const given = name === 'flatMap' && typeof argument === 'function' ? flattening(argument as never) : argument
        return reflectApply(original, closable(this), [given])
      },
    }[name]
    define(prototype, name, named(name, helper as typeof original, 1))
  }
}

function isRight({ map }: Record<string, (...given: never) => unknown>): boolean {
  try {
    const [one] = reflectApply(map as never, [1, 2].values(), [(item: unknown) => item]) as Iterable<number>
    return one === 1
  } catch {
    return false
  }
}

/** Wraps an iterator so that it can always be closed. Properties are read at the same moments as without the wrapper. */
function closable(iterator: unknown): unknown {
  if ((typeof iterator !== 'object' && typeof iterator !== 'function') || iterator === null) return iterator
  const given = iterator as { readonly next: never; readonly return?: unknown }
  const closing = {
    get next(): () => unknown {
      const { next } = given
      return () => reflectApply(next, given, [])
    },
    return(): unknown {
      const close = given.return
      return close === undefined || close === null ? {} : reflectApply(close as never, given, [])
    },
  }
  return closing
}

/** Wraps the mapper of `flatMap`, whose results are iterated and closed as well. */
function flattening(map: (...given: unknown[]) => unknown): (...given: unknown[]) => unknown {
  return (...given) => {
    const inner = map(...given)
    if (typeof inner !== 'object' || inner === null) return inner
    const method = (inner as Iterable<unknown>)[Symbol.iterator]
    const iterable = {}
    defineProperty(iterable, Symbol.iterator, {
      __proto__: null,
      value: () => closable(method === undefined || method === null ? inner : reflectApply(method, inner, [])),
    } as PropertyDescriptor)
    return iterable
  }
}
