/** In place of `shared.ts` where there are no threads of Node: package.json says where. */
import { SandboxError } from '@glovebox/core/adapter'

export function sharedQuickJS(): never {
  const alternatives =
    '`workerLoader({ loader })` of @glovebox/workerd/worker, or `quickjsInline()` of @glovebox/quickjs/inline'
  throw new SandboxError(
    'SANDBOX_UNAVAILABLE',
    `There are no threads for QuickJS here. Give a \`sandbox\`: ${alternatives}`,
  )
}
