import { serveHost, type WorkerLoader } from '@glovebox/workerd/server'

interface Env {
  readonly LOADER: WorkerLoader
  readonly TOKEN: string
}

export default {
  fetch: (request: Request, { LOADER: loader, TOKEN: token }: Env) => serveHost(request, { loader, token }),
}
