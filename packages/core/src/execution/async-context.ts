/** Runs something in the async context that was captured. */
export type Within = <Value>(run: () => Value) => Value

interface AsyncHooks {
  readonly AsyncLocalStorage?: { snapshot?(): Within }
}

/**
 * Captures the caller's async context, where the platform has one. What a thread or a socket says comes in the context of
 * whoever made it, which may be another request's; tools are to run in that of the one who asked.
 */
export function captureAsyncContext(): Within {
  return AsyncLocalStorage?.snapshot?.() ?? ((run) => run())
}

const { process } = globalThis as { process?: { getBuiltinModule?(name: string): AsyncHooks | undefined } }
const AsyncLocalStorage = process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage
