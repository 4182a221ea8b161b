import { serveHost, type WorkerLoader } from '@glovebox/workerd/server'

interface Env {
  readonly LOADER: WorkerLoader
  readonly TOKEN: string
  readonly MAX_CPU_TIME_MS?: string
}

export default {
  fetch: (request: Request, { LOADER: loader, TOKEN: token, MAX_CPU_TIME_MS: most }: Env) =>
    serveHost(request, { loader, token, maxCpuTimeMs: most === undefined ? undefined : Number(most) }),
}
