/**
 * Serves one program to each host that connects and shows the token. A connection is a request of its own, so that the
 * platform's limit on the dynamic Workers of a request never makes one program wait for another.
 */
import { serveHost } from '@glovebox/workerd/server'

interface Env {
  readonly LOADER: WorkerLoader
  /** A secret: `wrangler secret put GLOVEBOX_TOKEN`. */
  readonly GLOVEBOX_TOKEN?: string
  readonly MAX_CPU_TIME_MS: string
}

export default {
  fetch: (request, { LOADER: loader, GLOVEBOX_TOKEN: token, MAX_CPU_TIME_MS }) =>
    serveHost(request, { loader, token, maxCpuTimeMs: Number(MAX_CPU_TIME_MS) }),
} satisfies ExportedHandler<Env>
