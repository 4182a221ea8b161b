/** `@glovebox/quickjs/shared`: what wrappers run programs in unless they are told otherwise. */
import { quickjs, type Sandbox } from './index.ts'

let shared: Sandbox | undefined

/**
 * The sandbox that is shared by all of a process. Made when first asked for; keeps no process alive, so that nobody has
 * to close it.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` where there are no threads of Node, as in Workers and browsers
 */
export function sharedQuickJS(): Sandbox {
  shared ??= quickjs()
  return shared
}
