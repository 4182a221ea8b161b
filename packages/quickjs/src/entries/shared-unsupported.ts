/** Replaces `shared.ts` on platforms without Node's worker threads. The `exports` of package.json select it. */
import { SandboxError } from '@glovebox/core/adapter'

export function sharedQuickJS(): never {
  const alternatives =
    '`workerLoader({ loader })` of @glovebox/workerd/worker, or `quickjsInline()` of @glovebox/quickjs/inline'
  throw new SandboxError(
    'SANDBOX_UNAVAILABLE',
    `QuickJS needs worker threads, which this platform does not have. Pass another \`sandbox\`: ${alternatives}`,
  )
}
