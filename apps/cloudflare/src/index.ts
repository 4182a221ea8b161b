/**
 * Serves one program to each host that connects and shows the token. A connection is a request of its own, so that the
 * platform's limit on the dynamic Workers of a request never makes one program wait for another.
 */
import { serveHost } from '@glovebox/workerd/server'

interface Env {
  readonly LOADER: WorkerLoader
  /** A secret: `wrangler secret put GLOVEBOX_TOKEN`. */
  readonly GLOVEBOX_TOKEN?: string
  /** No program computes for longer. A variable of wrangler.jsonc; without it no program runs. */
  readonly MAX_CPU_TIME_MS?: string
}

export default {
  fetch: async (request, { LOADER: loader, GLOVEBOX_TOKEN: token, MAX_CPU_TIME_MS }) => {
    const maxCpuTimeMs = Number(MAX_CPU_TIME_MS)
    if (maxCpuTimeMs > 0) return serveHost(request, { loader, token, maxCpuTimeMs })
    const detail = `the variable MAX_CPU_TIME_MS must be a positive number of milliseconds, not ${MAX_CPU_TIME_MS}`
    return new Response(detail, { status: 500 })
  },
} satisfies ExportedHandler<Env>
