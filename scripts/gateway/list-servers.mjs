/** Serves real lists of tools as MCP servers over HTTP, in one process: one server for each list. */
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createMcpHandler, Server } from '@modelcontextprotocol/server'

/** Resolves to the address of each server, by name. */
export async function serveLists(lists) {
  const handlers = new Map(lists.map(({ name, tools }) => [`/${name}`, createMcpHandler(() => serverOf(name, tools))]))
  const listener = getRequestListener(
    (request) => handlers.get(new URL(request.url).pathname)?.fetch(request) ?? new Response(null, { status: 404 }),
    { overrideGlobalObjects: false },
  )
  const http = createServer(listener)
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
  const urls = Object.fromEntries(lists.map(({ name }) => [name, `http://127.0.0.1:${http.address().port}/${name}`]))
  return {
    urls,
    close: async () => {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

function serverOf(name, tools) {
  const server = new Server({ name, version: '1.0.0' }, { capabilities: { tools: {} } })
  server.setRequestHandler('tools/list', () => ({ tools }))
  server.setRequestHandler('tools/call', () => ({ content: [{ type: 'text', text: 'called' }] }))
  return server
}
