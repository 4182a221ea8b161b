/** Runs a function in a captured async context. */
export type Within = <Value>(run: () => Value) => Value

interface AsyncHooks {
  readonly AsyncLocalStorage?: { snapshot?(): Within }
}

/**
 * Captures the caller's async context, if the platform supports it. Messages from a thread or socket arrive in the
 * context that created it, which may belong to another request. Tools must run in the context of the caller of
 * `execute`.
 */
export function captureAsyncContext(): Within {
  return AsyncLocalStorage?.snapshot?.() ?? ((run) => run())
}

const { process } = globalThis as { process?: { getBuiltinModule?(name: string): AsyncHooks | undefined } }
const AsyncLocalStorage = process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage
