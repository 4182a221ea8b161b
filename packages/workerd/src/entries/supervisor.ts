/** Worker of a local workerd that loads the guests of one host. Only that host can reach it. */
import type { GuestRuntime } from '@glovebox/core/guest'
import { readyGuestCode } from '../guest-worker.ts'
import { serveReadyGuest } from '../serve-guest.ts'
import { acceptSocket, type WorkerCode, type WorkerLoader } from '../worker-platform.ts'

let code: WorkerCode | undefined

export default {
  async fetch(request: Request, { LOADER: loader }: { readonly LOADER: WorkerLoader }): Promise<Response> {
    if (request.method === 'PUT') {
      const text = await request.text()
      if (text !== '') code = readyGuestCode(JSON.parse(text) as GuestRuntime)
      return new Response()
    }
    const { response, socket } = acceptSocket()
    serveReadyGuest(socket, loader, code as WorkerCode)
    return response
  },
}
