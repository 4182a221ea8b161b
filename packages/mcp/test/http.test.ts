import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mcp } from '@glovebox/mcp'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { describe, expect, it } from 'vitest'
import { eventually, runForValue } from './support.ts'

const TOKEN = 'Bearer a-token-only-the-host-knows'

interface Site extends AsyncDisposable {
  readonly url: URL
  /** `METHOD status` of each response. */
  readonly answered: string[]
}

async function site(handle: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<Site> {
  const answered: string[] = []
  const server = createServer(async (request, response) => {
    response.on('close', () => answered.push(`${request.method} ${response.statusCode}`))
    await handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    answered,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function greeter(): McpServer {
  const server = new McpServer({ name: 'greeter', version: '1.0.0' })
  server.registerTool('greet', { description: 'Greets' }, () => ({
    content: [{ type: 'text', text: 'hello over HTTP' }],
  }))
  return server
}

/** Starts a server with sessions that rejects requests without the token. */
function guardedServer(): Promise<Site> {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  return site(async (request, response) => {
    if (request.headers.authorization !== TOKEN) return void response.writeHead(403).end('who are you?')
    const known = sessions.get(String(request.headers['mcp-session-id']))
    if (known !== undefined) return known.handleRequest(request, response)
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    })
    await greeter().connect(transport as never)
    await transport.handleRequest(request, response)
  })
}

describe('a connection over HTTP', () => {
  it('sends the headers from the options, which programs cannot read', async () => {
    await using server = await guardedServer()
    await using provider = await mcp({ name: 'greeter', url: server.url, headers: { Authorization: TOKEN } })
    const code = `
      const seen = [JSON.stringify(greeter), String(greeter.greet), JSON.stringify(Object.keys(globalThis)), JSON.stringify(Object.getOwnPropertyNames(greeter))]
      let refused
      try { await fetch('https://example.org') } catch (error) { refused = error.message }
      return { greeting: await greeter.greet({}), seen, refused }
    `
    const value = await runForValue(provider, code)
    expect(value).toMatchObject({ greeting: 'hello over HTTP', refused: expect.stringContaining('fetch') })
    expect(JSON.stringify(value)).not.toContain('a-token-only')
    // The declarations that the model reads do not contain it either.
    expect(JSON.stringify(provider)).not.toContain('a-token-only')
  })

  it('fails with MCP_UNAVAILABLE without the header, and does not repeat a wrong one', async () => {
    await using server = await guardedServer()
    const refused = {
      name: 'McpError',
      code: 'MCP_UNAVAILABLE',
      message: expect.stringContaining('could not be reached'),
    }
    await expect(mcp({ name: 'greeter', url: server.url })).rejects.toMatchObject(refused)
    const error = await mcp({
      name: 'greeter',
      url: server.url,
      headers: { Authorization: 'Bearer wrong-secret' },
    }).catch(String)
    expect(error).toContain('403')
    expect(error).not.toContain('wrong-secret')
  })

  it('ends the session on the server when it is closed', async () => {
    await using server = await guardedServer()
    const provider = await mcp({ name: 'greeter', url: server.url, headers: { Authorization: TOKEN } })
    expect(server.answered).not.toContain('DELETE 200')
    await provider.close()
    await provider.close()
    await eventually(() => expect(server.answered.filter((line) => line.startsWith('DELETE'))).toEqual(['DELETE 200']))
  })

  it('closes without an error if the server has already stopped', async () => {
    const server = await guardedServer()
    const provider = await mcp({ name: 'greeter', url: server.url, headers: { Authorization: TOKEN } })
    await server[Symbol.asyncDispose]()
    await expect(provider.close()).resolves.toBeUndefined()
  })

  it.each([
    ['the options select it', { transport: 'sse' }],
    ['the server has no other', {}],
  ] as const)('uses the SSE transport if %s', async (_, options) => {
    const streams = new Map<string, SSEServerTransport>()
    await using server = await site(async (request, response) => {
      const url = new URL(request.url ?? '', 'http://loopback')
      if (request.headers.authorization !== TOKEN) return void response.writeHead(403).end()
      const known = streams.get(url.searchParams.get('sessionId') ?? '')
      if (known !== undefined) return known.handlePostMessage(request, response)
      if (request.method !== 'GET') return void response.writeHead(405).end()
      const transport = new SSEServerTransport('/mcp', response)
      streams.set(transport.sessionId, transport)
      await greeter().connect(transport)
    })
    await using provider = await mcp({
      name: 'greeter',
      url: server.url,
      ...options,
      headers: { Authorization: TOKEN },
    })
    expect(await runForValue(provider, 'return await greeter.greet({})')).toBe('hello over HTTP')
  })

  it('fails with MCP_UNAVAILABLE if no server listens', async () => {
    const server = await site(() => undefined)
    await server[Symbol.asyncDispose]()
    await expect(mcp({ name: 'absent', url: server.url })).rejects.toMatchObject({
      code: 'MCP_UNAVAILABLE',
      message: expect.stringContaining('absent could not be reached'),
    })
  })

  it('fails with MCP_UNAVAILABLE for a web page', async () => {
    await using server = await site((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>'),
    )
    await expect(mcp({ name: 'page', url: server.url })).rejects.toMatchObject({ code: 'MCP_UNAVAILABLE' })
  })

  it.each(['http', 'sse'] as const)(
    'fails with MCP_TIMEOUT over %s and disconnects if the server never answers',
    async (transport) => {
      await using server = await site(() => undefined)
      const connecting = mcp({ name: 'mute', url: server.url, transport, connectTimeoutMs: 500 })
      await expect(connecting).rejects.toMatchObject({ code: 'MCP_TIMEOUT' })
      await eventually(() => expect(server.answered.length).toBeGreaterThan(0))
    },
  )

  it('rejects with the signal’s reason and disconnects when aborted while connecting', async () => {
    await using server = await site(() => undefined)
    const reason = new Error('never mind')
    const connecting = mcp({ name: 'mute', url: server.url, signal: AbortSignal.timeout(200) })
    await expect(connecting).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(mcp({ name: 'mute', url: server.url, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await eventually(() => expect(server.answered.length).toBeGreaterThan(0))
  })
})
