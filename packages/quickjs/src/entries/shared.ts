/** `@glovebox/quickjs/shared`: the default sandbox of the framework integrations. */
import { quickjs, type Sandbox } from './index.ts'

let shared: Sandbox | undefined

/**
 * Returns the sandbox that the whole process shares. It is created on the first call. It does not keep the process
 * alive, so it does not have to be closed.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` on platforms without Node's worker threads, such as Workers and browsers
 */
export function sharedQuickJS(): Sandbox {
  shared ??= quickjs()
  return shared
}
