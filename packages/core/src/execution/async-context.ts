/** Runs a function in a captured async context. */
export type Within = <Value>(run: () => Value) => Value

interface AsyncHooks {
  readonly AsyncResource?: new (type: string) => { runInAsyncScope<Value>(run: () => Value): Value }
}

/**
 * Captures the caller's async context, if the platform supports it. Messages from a thread or socket arrive in the
 * context that created it, which may belong to another request. Tools must run in the context of the caller of
 * `execute`.
 */
export function captureAsyncContext(): Within {
  if (AsyncResource === undefined) return (run) => run()
  // `AsyncLocalStorage.snapshot()` does the same with 1 kB more memory.
  const resource = new AsyncResource('glovebox')
  return (run) => resource.runInAsyncScope(run)
}

const { process } = globalThis as { process?: { getBuiltinModule?(name: string): AsyncHooks | undefined } }
const AsyncResource = process?.getBuiltinModule?.('node:async_hooks')?.AsyncResource
