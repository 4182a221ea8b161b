import { copyFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createCodeMode } from '@glovebox/core'
import { type McpEvent, mcp } from '@glovebox/mcp'
import { quickjs } from '@glovebox/quickjs'
import { afterAll, describe, expect, it } from 'vitest'
import { eventually, expectGone, lively, runForValue, runProgram, temporaryDirectory } from './support.ts'

const sandbox = quickjs()
afterAll(() => sandbox.close())

describe('a server that is a process', () => {
  it('is started once, and its revision is found out on the way', async () => {
    await using directory = temporaryDirectory()
    const server = lively(directory.path)
    await using provider = await mcp({ name: 'server', ...server })
    expect(server.notes('started')).toHaveLength(1)
    expect(provider.status()).toMatchObject({
      state: 'ready',
      server: { name: 'lively', version: '1.0.0' },
      protocol: '2025-11-25',
      tools: 8,
    })
  })

  it('that ends because of the question for its revision is started once more, and not asked again', async () => {
    await using directory = temporaryDirectory()
    const server = lively(directory.path)
    const strict = { ...server, env: { STRICT: '1' } }
    await using provider = await mcp({ name: 'server', ...strict })
    expect(await runForValue(provider, 'return await server.talk({})')).toBe('talked')
    expect(server.notes('started')).toHaveLength(2)
    await using again = await mcp({ name: 'server', ...strict })
    expect(again.status().state).toBe('ready')
    expect(server.notes('started')).toHaveLength(3)
  })

  it('is started again when it has ended, and a call that only reads is made again', async () => {
    await using directory = temporaryDirectory()
    const server = lively(directory.path)
    const states: string[] = []
    const onEvent = (event: McpEvent) => void (event.type === 'state' && states.push(event.state))
    await using provider = await mcp({ name: 'server', ...server, env: {}, onEvent })
    // The tool ends its process each time, so the second attempt fails, too.
    const failed = await runProgram(provider, 'return await server.readOrDie({ fatal: true })')
    expect(failed).toMatchObject({ ok: false, error: { code: 'TOOL_FAILED' } })
    expect(server.notes('called')).toHaveLength(2)
    expect(await runForValue(provider, 'return await server.readOrDie({})')).toBe('read')
    expect(server.notes('started')).toHaveLength(3)
    expect(states).toEqual([
      'connecting',
      'ready',
      'degraded',
      'connecting',
      'ready',
      'degraded',
      'connecting',
      'ready',
    ])
    await provider.close()
    await expectGone(server)
  })

  it('is not called twice if it ended during a call that may have had its effect', async () => {
    await using directory = temporaryDirectory()
    const server = lively(directory.path)
    await using provider = await mcp({ name: 'server', ...server })
    const failed = await runProgram(provider, 'return await server.die({})')
    expect(failed).toMatchObject({ ok: false, error: { message: expect.stringContaining('may have had its effect') } })
    expect(server.notes('called')).toHaveLength(1)
  })

  it('is connected to in the background, and tried again until it is there', async () => {
    await using directory = temporaryDirectory()
    const { args, ...server } = lively(directory.path)
    const [file = '', ...rest] = args
    const late = join(directory.path, 'late.mjs')
    const states: string[] = []
    const onEvent = (event: McpEvent) => void (event.type === 'state' && states.push(event.state))
    let changes = 0
    await using provider = await mcp({ name: 'server', ...server, args: [late, ...rest], background: true, onEvent })
    provider.onChange(() => changes++)
    expect([provider.tools, provider.relay.protocol]).toEqual([[], ''])
    await eventually(() => expect(states).toContain('failed'))
    copyFileSync(file, late)
    await eventually(() => expect(provider.tools).toHaveLength(8))
    expect(changes).toBe(1)
    expect(await runForValue(provider, 'return await server.talk({})')).toBe('talked')
  })

  it('that is not there is no longer tried after the connection was closed', async () => {
    const provider = await mcp({ name: 'server', command: '/nonexistent', background: true })
    await eventually(() => expect(provider.status().state).toBe('failed'))
    await provider.close()
    expect(provider.status().state).toBe('closed')
  })

  it('that always ends is no longer started after some attempts', async () => {
    await using directory = temporaryDirectory()
    const server = lively(directory.path)
    await using provider = await mcp({ name: 'server', ...server })
    const program = `const codes = []
      for (let i = 0; i < 12; i++) await server.die({}).catch(({ message }) => codes.push(message))
      return codes`
    const messages = (await runForValue(provider, program)) as string[]
    expect(server.notes('started')).toHaveLength(6)
    expect(messages.at(-1)).toMatch(/^The MCP server server is not available\. It is tried again in \d+ s$/)
  })

  it('may send results of more than ten megabytes', async () => {
    await using directory = temporaryDirectory()
    await using provider = await mcp({ name: 'server', ...lively(directory.path) })
    const limits = { messageBytes: 32 * 1024 * 1024, memoryBytes: 512 * 1024 * 1024 }
    const program = 'return (await server.send({ characters: 12 * 1024 * 1024 })).length'
    expect(await runProgram(provider, program, limits)).toMatchObject({ ok: true, value: 12 * 1024 * 1024 })
    const tooLarge = await runProgram(provider, program, { messageBytes: 1024 * 1024 })
    expect(tooLarge).toMatchObject({ ok: false, error: { code: 'LIMIT_MESSAGE_SIZE' } })
    expect(await runForValue(provider, 'return await server.talk({})')).toBe('talked')
  })

  it('may flood the host with messages: the call and the next one end', async () => {
    await using directory = temporaryDirectory()
    await using provider = await mcp({ name: 'server', ...lively(directory.path) })
    const program = 'return [await server.flood({ messages: 50_000 }), await server.talk({})]'
    expect(await runForValue(provider, program)).toEqual(['flooded', 'talked'])
  })

  it('may change its tools: the next program has them', async () => {
    await using directory = temporaryDirectory()
    await using provider = await mcp({ name: 'server', ...lively(directory.path) })
    await using codeMode = await createCodeMode({ sandbox, tools: provider })
    let changes = 0
    codeMode.onChange(() => changes++)
    // The program keeps the tools with which it started.
    const during = await codeMode.execute(
      `await server.change({}); await new Promise((resolve) => setTimeout(resolve, 500)); return typeof server.talk`,
    )
    expect(during).toMatchObject({ ok: true, value: 'function' })
    await eventually(() => expect(changes).toBe(1))
    expect(codeMode.declarations).toContain('function added(')
    expect(codeMode.declarations).not.toContain('function talk(')
    expect(await codeMode.execute('return await server.added({})')).toMatchObject({ value: 'added ran' })
  })

  it('describes its namespace with its instructions', async () => {
    await using directory = temporaryDirectory()
    await using provider = await mcp({ name: 'server', ...lively(directory.path) })
    await using codeMode = await createCodeMode({ sandbox, tools: provider })
    expect(codeMode.declarations).toContain('Call `talk` before `work`.')
  })

  it('reports progress, which extends the time of a call, and log messages', async () => {
    await using directory = temporaryDirectory()
    const events: McpEvent[] = []
    const onEvent = (event: McpEvent) => void events.push(event)
    await using provider = await mcp({ name: 'server', ...lively(directory.path), callTimeoutMs: 2_000, onEvent })
    const program = 'return [await server.talk({}), await server.work({ steps: 6, everyMs: 500 })]'
    await using codeMode = await createCodeMode({ sandbox, tools: provider })
    // Events and questions tell which executions have open calls.
    expect(await codeMode.execute(program, { context: 'ada' })).toMatchObject({ value: ['talked', 'worked'] })
    const log = { type: 'log', server: 'server', level: 'warning', data: 'almost full', contexts: ['ada'] } as const
    expect(events).toContainEqual(log)
    expect(events).toContainEqual({ type: 'progress', server: 'server', tool: 'work', progress: 3, total: 6 })
  })

  it('may run a call as a task, whose result is fetched when it has ended', async () => {
    await using directory = temporaryDirectory()
    const tools = [{ name: 'research', inputSchema: { type: 'object' }, execution: { taskSupport: 'required' } }]
    await using provider = await mcp({ name: 'server', ...lively(directory.path, tools) })
    expect(await runForValue(provider, 'return await server.research({})')).toBe('the result after 3 questions')
  })

  it('cancels the task of a call that is cancelled', async () => {
    await using directory = temporaryDirectory()
    const tools = [{ name: 'research', inputSchema: { type: 'object' }, execution: { taskSupport: 'required' } }]
    const server = lively(directory.path, tools)
    await using provider = await mcp({ name: 'server', ...server, env: { ENDLESS: '1' } })
    const late = await runProgram(provider, 'return await server.research({})', { wallTimeMs: 1_000 })
    expect(late).toMatchObject({ ok: false, error: { code: 'LIMIT_WALL_TIME' } })
    await eventually(() => expect(server.notes('cancelled')).toHaveLength(1))
  })

  it('that reports nothing fails the call after its time', async () => {
    await using directory = temporaryDirectory()
    await using provider = await mcp({ name: 'server', ...lively(directory.path), callTimeoutMs: 300 })
    const late = await runProgram(provider, 'return await server.work({ steps: 1, everyMs: 60_000 })')
    expect(late).toMatchObject({
      ok: false,
      error: { code: 'TOOL_FAILED', message: expect.stringContaining('timed out') },
    })
    expect(await runForValue(provider, 'return await server.talk({})')).toBe('talked')
  })

  it('may ask back, if the host answers', async () => {
    await using directory = temporaryDirectory()
    const form = {
      method: 'elicitation/create',
      params: {
        message: 'How many?',
        requestedSchema: { type: 'object', properties: { count: { type: 'integer', default: 3 } } },
      },
    }
    const sample = {
      method: 'sampling/createMessage',
      params: { messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }], maxTokens: 10 },
    }
    const program = `const asked = ${JSON.stringify([form, sample, { method: 'roots/list' }])}
      const answers = []
      for (const request of asked) answers.push(await server.ask(request))
      return answers`
    await using deaf = await mcp({ name: 'server', ...lively(directory.path) })
    const refusal = { code: -32601, message: 'Method not found' }
    expect(await runForValue(deaf, program)).toEqual([refusal, refusal, refusal])

    const message = { role: 'assistant', model: 'm', content: { type: 'text', text: 'Hello' } } as const
    const seen: unknown[] = []
    await using provider = await mcp({
      name: 'server',
      ...lively(directory.path),
      onElicit: (request) => {
        seen.push(request)
        return { action: 'accept', content: {} }
      },
      onSample: ({ params }) => {
        seen.push(params.maxTokens)
        return message
      },
      roots: [{ uri: 'file:///work', name: 'work' }],
    })
    expect(await runForValue(provider, program)).toEqual([
      { action: 'accept', content: { count: 3 } },
      message,
      { roots: [{ uri: 'file:///work', name: 'work' }] },
    ])
    expect(seen).toEqual([
      { server: 'server', contexts: [], mode: 'form', message: 'How many?', schema: form.params.requestedSchema },
      10,
    ])
  })
})

type Handle = (message: Message, response: ServerResponse, request: IncomingMessage) => unknown
interface Message {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly name?: string; readonly protocolVersion?: string }
}

const TOOLS = [
  { name: 'read', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } },
  { name: 'write', inputSchema: { type: 'object' } },
]

/** Starts an MCP server over HTTP, whose answers to some methods the test replaces. Each has the methods it was asked for. */
async function httpServer(replaced: Record<string, Handle>) {
  const asked: string[] = []
  const json = (response: ServerResponse, body: object, headers = {}) =>
    response
      .writeHead(200, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ jsonrpc: '2.0', ...body }))
  const answers: Record<string, Handle> = {
    initialize: ({ id, params }, response) =>
      json(
        response,
        {
          id,
          result: {
            protocolVersion: params?.protocolVersion,
            capabilities: { tools: {} },
            serverInfo: { name: 'web', version: '1' },
          },
        },
        { 'mcp-session-id': `session-${asked.filter((method) => method === 'initialize').length}` },
      ),
    'tools/list': ({ id }, response) => json(response, { id, result: { tools: TOOLS } }),
    'tools/call': ({ id, params }, response) =>
      json(response, { id, result: { content: [{ type: 'text', text: `${params?.name} ran` }] } }),
    ...replaced,
  }
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const message = JSON.parse(Buffer.concat(chunks).toString()) as Message
    if (message.id === undefined) return void response.writeHead(202).end()
    asked.push(message.method)
    const answer = answers[message.method]
    if (answer !== undefined) return void answer(message, response, request)
    const error = { code: -32601, message: 'Method not found' }
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: message.id, error }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    asked,
    /** Number of calls of tools. */
    calls: () => asked.filter((method) => method === 'tools/call').length,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

describe('a server over HTTP', () => {
  it.each([
    ['500', (response: ServerResponse) => response.writeHead(500).end('no')],
    ['202', (response: ServerResponse) => response.writeHead(202).end()],
    ['400', (response: ServerResponse) => response.writeHead(400).end('what?')],
    ['nothing', () => undefined],
  ])('that answers the probe for its revision with %s is initialized', async (_, answer) => {
    await using server = await httpServer({ 'server/discover': (_message, response) => answer(response) })
    await using provider = await mcp({ name: 'web', url: server.url, connectTimeoutMs: 9_000 })
    expect(await runForValue(provider, 'return await web.read({})')).toBe('read ran')
    // The next connection knows.
    await using again = await mcp({ name: 'web', url: server.url })
    expect(again.status().state).toBe('ready')
    expect(server.asked.filter((method) => method === 'server/discover')).toHaveLength(1)
  })

  it.each([
    ['404', 404, 'unknown'],
    ['400', 400, 'Bad Request: No valid session ID provided'],
  ])('that no longer knows the session and answers %s is initialized again', async (_, status, body) => {
    let isForgotten = false
    await using server = await httpServer({
      ping: (_, response) => response.writeHead(status).end(body),
      'tools/call': ({ id, params }, response, request) => {
        if (isForgotten && request.headers['mcp-session-id'] === 'session-1')
          return response.writeHead(status).end(body)
        const result = { content: [{ type: 'text', text: `${params?.name} ran` }] }
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result }))
      },
    })
    await using provider = await mcp({ name: 'web', url: server.url })
    const program = 'return await web.write({})'
    expect(await runForValue(provider, program)).toBe('write ran')
    isForgotten = true
    expect(await runForValue(provider, program)).toBe('write ran')
    expect(server.asked.filter((method) => method === 'initialize')).toHaveLength(2)
  })

  it('that answers 400 to one call keeps its session', async () => {
    await using server = await httpServer({
      ping: ({ id }, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result: {} })),
      'tools/call': (_, response) => response.writeHead(400).end('I do not like this one'),
    })
    await using provider = await mcp({ name: 'web', url: server.url })
    const failed = await runProgram(provider, 'return await web.write({})')
    expect(failed).toMatchObject({ ok: false, error: { message: 'The MCP server web answered with HTTP 400' } })
    expect(server.calls()).toBe(1)
    expect(provider.status().state).toBe('ready')
  })

  it('that answers a call with an error of the protocol is not called twice, whatever its code', async () => {
    await using server = await httpServer({
      'tools/call': ({ id }, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: 404, message: 'no such page' } })),
    })
    await using provider = await mcp({ name: 'web', url: server.url })
    const failed = await runProgram(provider, 'return await web.write({})')
    expect(failed).toMatchObject({ ok: false, error: { message: expect.stringContaining('no such page') } })
    expect(server.calls()).toBe(1)
  })

  it('that starts a task and then forgets it is not called twice', async () => {
    const task = { taskId: 't', status: 'working', pollInterval: 50 }
    await using server = await httpServer({
      'tools/list': ({ id }, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(
          JSON.stringify({
            jsonrpc: '2.0',
            id,
            result: { tools: [{ name: 'write', inputSchema: {}, execution: { taskSupport: 'required' } }] },
          }),
        ),
      'tools/call': ({ id }, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result: { task } })),
      'tasks/get': (_, response) => response.writeHead(404).end('unknown'),
    })
    await using provider = await mcp({ name: 'web', url: server.url })
    expect(await runProgram(provider, 'return await web.write({})')).toMatchObject({ ok: false })
    expect(server.calls()).toBe(1)
  })

  it('that ends an event with an id in the middle of it fails the call', async () => {
    await using server = await httpServer({
      'tools/call': (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('id: 1\ndata: {"json')
        setTimeout(() => response.destroy(), 50)
      },
    })
    await using provider = await mcp({ name: 'web', url: server.url })
    const failed = await runProgram(provider, 'return await web.write({})')
    expect(failed).toMatchObject({ ok: false, error: { message: expect.stringContaining('ended before its result') } })
  })

  it('that cuts a response off fails the call', async () => {
    await using server = await httpServer({
      'tools/call': (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(': working\n\n')
        setTimeout(() => response.destroy(), 50)
      },
    })
    await using provider = await mcp({ name: 'web', url: server.url })
    const failed = await runProgram(provider, 'return await web.write({})')
    expect(failed).toMatchObject({
      ok: false,
      error: { code: 'TOOL_FAILED', message: expect.stringContaining('ended before its result') },
    })
    expect(server.calls()).toBe(1)
  })

  it('that cannot continue a response that it cut off fails the call', async () => {
    await using server = await httpServer({
      'tools/call': (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('id: 1\nretry: 10\ndata: \n\n')
        setTimeout(() => response.end(), 50)
      },
    })
    await using provider = await mcp({ name: 'web', url: server.url })
    const failed = await runProgram(provider, 'return await web.write({})')
    expect(failed).toMatchObject({ ok: false, error: { code: 'TOOL_FAILED' } })
    expect(server.calls()).toBe(1)
  })

  it.each([429, 503])('that answers %s is asked again after its time, if the call only reads', async (status) => {
    let busy = 2
    await using server = await httpServer({
      'tools/call': ({ id, params }, response) => {
        if (busy-- > 0) return response.writeHead(status, { 'retry-after': '0' }).end('busy')
        const result = { content: [{ type: 'text', text: `${params?.name} ran` }] }
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result }))
      },
    })
    await using provider = await mcp({ name: 'web', url: server.url })
    expect(await runForValue(provider, 'return await web.read({})')).toBe('read ran')
    expect(server.calls()).toBe(3)
    busy = 1
    const failed = await runProgram(provider, 'return await web.write({})')
    expect(failed).toMatchObject({ ok: false, error: { message: `The MCP server web answered with HTTP ${status}` } })
    expect(server.calls()).toBe(4)
  })

  it.each([401, 403, 502])('that answers %s fails the call with that, and no page of HTML', async (status) => {
    const page = '<html><body>a page of the proxy</body></html>'
    await using server = await httpServer({ 'tools/call': (_, response) => response.writeHead(status).end(page) })
    await using provider = await mcp({ name: 'web', url: server.url })
    const failed = await runProgram(provider, 'return await web.write({})')
    expect(failed).toMatchObject({ ok: false, error: { code: 'TOOL_FAILED', message: expect.stringContaining('web') } })
    expect(JSON.stringify(failed)).not.toContain('page of the proxy')
    const why = status === 401 ? 'requires authorization' : `answered with HTTP ${status}`
    expect(failed).toMatchObject({ error: { message: expect.stringContaining(why) } })
  })

  it('that requires authorization fails with MCP_UNAUTHORIZED and the next step', async () => {
    await using server = await httpServer({
      'server/discover': (_, response) => response.writeHead(401).end('who?'),
      initialize: (_, response) => response.writeHead(401).end('who?'),
    })
    await expect(mcp({ name: 'web', url: server.url })).rejects.toMatchObject({
      code: 'MCP_UNAUTHORIZED',
      message: expect.stringContaining('glovebox auth login web'),
    })
  })

  it('gets the headers that a function returns for each request', async () => {
    const seen: unknown[] = []
    await using server = await httpServer({
      'tools/call': ({ id }, response, request) => {
        seen.push(request.headers.authorization)
        response.writeHead(200, { 'content-type': 'application/json' }).end(
          JSON.stringify({
            jsonrpc: '2.0',
            id,
            result: { isError: true, content: [{ type: 'text', text: `no ${request.headers.authorization}` }] },
          }),
        )
      },
    })
    let token = 0
    await using provider = await mcp({
      name: 'web',
      url: server.url,
      headers: async () => ({ authorization: `Bearer canary-${++token}` }),
    })
    const program = 'return await web.write({}).catch(({ message }) => message)'
    const told = [await runForValue(provider, program), await runForValue(provider, program)]
    expect(new Set(seen).size).toBe(2)
    expect(JSON.stringify(told)).not.toContain('canary')
  })
})
