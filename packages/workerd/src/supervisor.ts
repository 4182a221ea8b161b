/** The Worker of a local workerd that loads the guests of one host, which alone can reach it. */
import type { GuestRuntime } from '@glovebox/core/guest'
import { serveReadyGuest } from './serve-guest.ts'
import { acceptSocket, type WorkerLoader } from './worker-platform.ts'

let runtime: GuestRuntime | undefined

export default {
  async fetch(request: Request, { LOADER: loader }: { readonly LOADER: WorkerLoader }): Promise<Response> {
    if (request.method === 'PUT') {
      const text = await request.text()
      if (text !== '') runtime = JSON.parse(text) as GuestRuntime
      return new Response()
    }
    const { response, socket } = acceptSocket()
    serveReadyGuest(socket, loader, runtime as GuestRuntime)
    return response
  },
}
