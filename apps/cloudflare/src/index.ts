/**
 * Serves one program per connection to hosts with the right token. Each connection is a separate request, because the
 * platform limits the number of dynamic Workers per request.
 */
import { serveHost } from '@glovebox/workerd/server'

interface Env {
  readonly LOADER: WorkerLoader
  /** Secret token of the hosts. Set it with `wrangler secret put GLOVEBOX_TOKEN`. */
  readonly GLOVEBOX_TOKEN?: string
  /** Maximum CPU time of a program in ms. Required; set in wrangler.jsonc. */
  readonly MAX_CPU_TIME_MS?: string
}

export default {
  fetch: async (request, { LOADER: loader, GLOVEBOX_TOKEN: token, MAX_CPU_TIME_MS }) => {
    const maxCpuTimeMs = Number(MAX_CPU_TIME_MS)
    if (maxCpuTimeMs > 0) return serveHost(request, { loader, token, maxCpuTimeMs })
    const detail = `the variable MAX_CPU_TIME_MS must be a positive number of milliseconds; got ${MAX_CPU_TIME_MS}`
    return new Response(detail, { status: 500 })
  },
} satisfies ExportedHandler<Env>
