import { builtinModules } from 'node:module'
import type { GuestRuntime, Program } from '@glovebox/core/guest'

/** Runtime that removes nothing, so that only the platform restricts the program. */
export const OPEN_RUNTIME: GuestRuntime = {
  id: 'open',
  source: `(post) => {
    globalThis.report = post
    let run
    return { load(program) { run = program }, receive(message) { if (message === 'start') run() } }
  }`,
  libraries: { locale: '() => {}' },
}

const MODULES: readonly string[] = [
  ...['sockets', 'workers', 'email', 'node', 'workflows', 'vectorize', 'ai', 'tests'].map(
    (name) => `cloudflare:${name}`,
  ),
  ...builtinModules.map((name) => `node:${name.replace('node:', '')}`),
]

/** Returns a program that tries every known way out of a Worker and reports the result of each. */
export function probe(host: string, port: number): Program {
  const url = `${host}:${port}`
  return {
    name: 'program.js',
    source: `               async()=>{
  const found = {}
  const attempt = async (name, run) => {
    const late = new Promise((resolve) => setTimeout(resolve, 1500, 'nothing came'))
    try { found[name] = String(await Promise.race([run(), late])) } catch (error) { found[name] = 'refused: ' + error }
  }
  const event = (target) => new Promise((resolve) => { for (const type of ['open', 'error', 'close', 'message']) target.addEventListener(type, () => resolve(type)) })
  const connect = async (options) => {
    const { connect } = await import('cloudflare:sockets')
    const socket = connect('${url}', options)
    const writer = socket.writable.getWriter()
    await writer.write(new TextEncoder().encode('hello'))
    return 'connected'
  }
  await Promise.all([
    attempt('fetch', async () => (await fetch('http://${url}/fetch')).status),
    attempt('fetch by POST', async () => (await fetch('http://${url}/post', { method: 'POST', body: 'x' })).status),
    attempt('fetch of a Request', async () => (await fetch(new Request('http://${url}/request'))).status),
    attempt('WebSocket', () => event(new WebSocket('ws://${url}/socket'))),
    attempt('WebSocket by fetch', async () => (await fetch('http://${url}/', { headers: { Upgrade: 'websocket' } })).status),
    attempt('EventSource', () => event(new EventSource('http://${url}/events'))),
    attempt('connect', () => connect()),
    attempt('connect with TLS', () => connect({ secureTransport: 'on' })),
    attempt('HTTP client of a socket', async () => {
      const { connect, internalNewHttpClient } = await import('cloudflare:sockets')
      return (await (await internalNewHttpClient(connect('${url}'))).fetch('http://${url}/client')).status
    }),
    attempt('HTTP server of a module', async () => {
      const { handleAsNodeRequest } = await import('cloudflare:node')
      return (await handleAsNodeRequest(${port}, new Request('http://${url}/node'))).status
    }),
    attempt('Cache', async () => caches.default.match('http://${url}/cache')),
    attempt('cache.add', async () => (await caches.open('x')).add?.('http://${url}/cache-add')),
    ...${JSON.stringify(MODULES)}.map((name) => attempt('import ' + name, async () => Object.keys(await import(name)).join())),
  ])
  report(JSON.stringify(found))
}`,
  }
}
