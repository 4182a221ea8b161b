/** Loads the probe with a runtime that removes nothing: like a host in a Worker, or like a server for remote hosts. */
import { openGuest, sendTurn } from '../../src/guest-socket.ts'
import { guestCode } from '../../src/guest-worker.ts'
import { serveGuest } from '../../src/serve-guest.ts'
import { parseFrame } from '../../src/wire.ts'
import { acceptSocket, type WorkerLoader } from '../../src/worker-platform.ts'
import { OPEN_RUNTIME, probe } from './probe.ts'

const POLL_MS = 100

export default {
  async fetch(request: Request, { LOADER: loader }: { readonly LOADER: WorkerLoader }): Promise<Response> {
    const { searchParams } = new URL(request.url)
    if (request.headers.get('upgrade') === 'websocket') {
      const { response, socket } = acceptSocket()
      serveGuest(socket, { loader, runtime: OPEN_RUNTIME, maxCpuTimeMs: 60_000 })
      return response
    }
    const program = probe(searchParams.get('host') as string, Number(searchParams.get('port')))
    const guest = await openGuest(loader, guestCode({ runtime: OPEN_RUNTIME, program, outputLength: 1_000_000 }))
    const found = await new Promise<string>((resolve) => {
      guest.addEventListener('message', ({ data }) => {
        const frame = parseFrame(data)
        const [report] = frame.type === 'turn' ? frame.messages : []
        if (report !== undefined) return resolve(report)
        setTimeout(() => sendTurn(guest, 'poll'), POLL_MS)
      })
      sendTurn(guest, 'start')
    })
    guest.close()
    return new Response(found)
  },
}
