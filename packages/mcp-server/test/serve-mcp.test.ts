import { createConnection } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CodeModeOptions,
  createCodeMode,
  defineTool,
  memoryStore,
  type Runs,
  type Tool,
  type ToolProvider,
  toolProvider,
} from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, describe, expect, it } from 'vitest'
import { listenHttp, serveMcp } from '../src/index.ts'

const sandbox = quickjs()
afterAll(() => sandbox.close())

const TOKEN = 'token-of-ada-0123456789'
const OTHER = 'token-of-ben-0123456789'

const github = toolProvider({
  name: 'github',
  tools: {
    list_issues: defineTool({ description: 'Lists issues.', execute: () => [{ id: 1, author: 'ada' }] }),
    slow: defineTool({
      execute: (_, { signal }) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(resolve, 30_000)
          signal.addEventListener('abort', () => {
            clearTimeout(timer)
            aborted++
            reject(signal.reason)
          })
        }),
    }),
  },
})
let aborted = 0
let paid: unknown[] = []
const bank = toolProvider({
  name: 'bank',
  tools: {
    pay: (input: unknown) => {
      paid.push(input)
      return 'paid'
    },
  },
})

async function open(options: Partial<CodeModeOptions> = {}) {
  const codeMode = await createCodeMode({ sandbox, tools: [github, bank], ...options })
  const service = serveMcp(codeMode, { approveCommand: (run, { call }) => `glovebox runs approve ${run} ${call}` })
  const http = await listenHttp(service, { tokens: { ada: TOKEN, ben: OTHER } })
  return {
    codeMode,
    http,
    async [Symbol.asyncDispose]() {
      await http.close()
      await service.close()
      await codeMode.close()
    },
  }
}

const headersOf = (token: string) => ({ requestInit: { headers: { authorization: `Bearer ${token}` } } })

/** Connects a client of the current generation. */
async function connect(url: string, token = TOKEN, answer?: (message: string) => unknown): Promise<Client> {
  const capabilities = answer === undefined ? {} : { elicitation: { form: {} } }
  const client = new Client({ name: 'test', version: '1' }, { capabilities, versionNegotiation: { mode: 'auto' } })
  if (answer !== undefined)
    client.setRequestHandler(
      'elicitation/create',
      ({ params }) => answer((params as { message: string }).message) as never,
    )
  await client.connect(new StreamableHTTPClientTransport(new URL(url), headersOf(token)))
  return client
}

/** Connects a client of the first generation. */
async function connectFirst(url: string): Promise<FirstClient> {
  const client = new FirstClient({ name: 'test', version: '1' })
  await client.connect(new FirstTransport(new URL(url), headersOf(TOKEN)) as never)
  return client
}

const JOIN = `const issues = await github.listIssues()
  return await Promise.all(issues.map(({ author }) => bank.pay({ to: author })))`

describe('a client', () => {
  it.each([
    ['current', connect],
    ['first', connectFirst],
  ] as const)('of the %s generation runs a program over the tools of two providers', async (_, connectTo) => {
    await using server = await open()
    const client = await connectTo(server.http.url)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['run_program'])
    const result = await client.callTool({ name: 'run_program', arguments: { code: JOIN } })
    expect(result).toMatchObject({
      structuredContent: { result: ['paid'] },
      content: [{ type: 'text', text: '{"result":["paid"]}' }],
    })
    const failed = await client.callTool({
      name: 'run_program',
      arguments: { code: 'return await github.lisIssues()' },
    })
    expect(failed).toMatchObject({
      isError: true,
      structuredContent: { error: expect.stringContaining('Did you mean') },
    })
    expect(await client.callTool({ name: 'run_program', arguments: {} })).toMatchObject({ isError: true })
    await expect(client.readResource({ uri: 'glovebox://declarations/github.nope' })).rejects.toThrow('no resource')
    const { contents } = await client.readResource({ uri: 'glovebox://declarations/github.listIssues' })
    expect(contents).toMatchObject([{ text: expect.stringContaining('function listIssues(') }])
    await client.close()
  })

  it('gets progress for each call, and ends the program when it cancels', async () => {
    await using server = await open()
    const client = await connect(server.http.url)
    const progress: unknown[] = []
    const cancel = new AbortController()
    const before = aborted
    const call = client.callTool(
      { name: 'run_program', arguments: { code: 'await github.listIssues(); await github.slow()' } },
      {
        signal: cancel.signal,
        onprogress: ({ message }) => {
          progress.push(message)
          if (progress.length === 2) cancel.abort(new Error('enough'))
        },
      },
    )
    await expect(call).rejects.toThrow('enough')
    expect(progress).toEqual(['github.listIssues', 'github.slow'])
    while (aborted === before) await sleep(10)
    await client.close()
  })

  it('sees images as images', async () => {
    const shoot = () => ({ type: 'image', mimeType: 'image/png', bytes: new Uint8Array([1, 2, 3]) })
    await using server = await open({ tools: { shoot } })
    const client = await connect(server.http.url)
    const { content } = await client.callTool({
      name: 'run_program',
      arguments: { code: 'return await tools.shoot()' },
    })
    expect((content as unknown[]).at(-1)).toEqual({ type: 'image', mimeType: 'image/png', data: 'AQID' })
    await client.close()
  })
})

describe('a call that needs approval', () => {
  const policy = [{ tools: 'bank.pay', effect: 'ask' as const, reason: 'it spends money' }]

  it.each([
    ['allow', { action: 'accept', content: { decision: 'allow' } }, { result: ['paid'] }, 1],
    ['deny', { action: 'accept', content: { decision: 'deny' } }, { error: expect.stringContaining('TOOL_DENIED') }, 0],
    ['nothing', { action: 'decline' }, { error: expect.stringContaining('TOOL_DENIED') }, 0],
  ])('is put to the user, who answers %s', async (_, answer, expected, calls) => {
    paid = []
    await using server = await open({ policy, runs: { store: memoryStore() } })
    const asked: string[] = []
    const client = await connect(server.http.url, TOKEN, (message) => {
      asked.push(message)
      return answer
    })
    const result = await client.callTool({ name: 'run_program', arguments: { code: JOIN } })
    expect(result.structuredContent).toMatchObject(expected)
    expect(asked).toEqual([
      'Allow the call of bank.pay (it spends money)?\n\n{\n  "to": "ada"\n}\n\nThe program can also call github.listIssues.',
    ])
    expect(paid).toHaveLength(calls)
    await client.close()
  })

  it.each([
    ['a Map', 'new Map([["evil", 1e6]])'],
    ['a BigInt', '{ to: 10n }'],
    ['a Set', '{ to: new Set([1]) }'],
    ['undefined', '{ to: undefined }'],
    ['a long text', '{ to: "x".repeat(5000) }'],
  ])('is decided elsewhere if its input is %s, which a question cannot show', async (_, input) => {
    paid = []
    await using server = await open({ policy, runs: { store: memoryStore() } })
    const asked: string[] = []
    const client = await connect(server.http.url, TOKEN, (message) => {
      asked.push(message)
      return { action: 'accept', content: { decision: 'allow' } }
    })
    const { content } = await client.callTool({
      name: 'run_program',
      arguments: { code: `return await bank.pay(${input})` },
    })
    expect(content).toMatchObject([{ text: expect.stringContaining('Then call resume_program with') }])
    expect([asked, paid]).toEqual([[], []])
    await client.close()
  })

  it('shows hidden characters of its input as escapes', async () => {
    await using server = await open({ policy, runs: { store: memoryStore() } })
    const asked: string[] = []
    const client = await connect(server.http.url, TOKEN, (message) => {
      asked.push(message)
      return { action: 'decline' }
    })
    const code = 'return await bank.pay({ to: "a\\u202ebc\\u200b\\u2028\\u{e0041}" })'
    await client.callTool({ name: 'run_program', arguments: { code } })
    expect(asked[0]).toContain('"to": "a\\u202ebc\\u200b\\u2028\\udb40\\udc41"')
    await client.close()
  })

  it('is one of many that are asked about in several rounds', async () => {
    paid = []
    await using server = await open({ policy, runs: { store: memoryStore() } })
    let asked = 0
    const client = await connect(server.http.url, TOKEN, () => {
      asked++
      return { action: 'accept', content: { decision: 'allow' } }
    })
    const code = 'return (await Promise.all(Array.from({ length: 25 }, (_, i) => bank.pay({ i })))).length'
    const result = await client.callTool({ name: 'run_program', arguments: { code } })
    expect(result.structuredContent).toEqual({ result: 25 })
    expect([asked, paid.length]).toEqual([25, 25])
    await client.close()
  })

  it('waits in the store if the client cannot ask, and no model decides', async () => {
    paid = []
    await using server = await open({ policy, runs: { store: memoryStore() } })
    const client = await connect(server.http.url)
    const waiting = await client.callTool({ name: 'run_program', arguments: { code: JOIN } })
    const [{ text }] = waiting.content as never as [{ text: string }]
    expect(text).toMatch(/waits for a person who decides on bank\.pay\. The person runs: glovebox runs approve /)
    const run = /"run": "([^"]+)"/.exec(text)?.[1] as string
    const resume = (as: Client) => as.callTool({ name: 'resume_program', arguments: { run, decision: 'allow' } })
    expect(await resume(client)).toMatchObject({ isError: true })
    expect(paid).toEqual([])
    const other = await connect(server.http.url, OTHER)
    expect(await resume(other)).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('may not') }],
    })
    const runs = server.codeMode.runs as Runs
    const { pending } = await runs.get(run, { principal: 'ada' })
    const decisions = pending.map(({ call, digest }) => ({ call, digest, decision: 'allow' as const }))
    await runs.decide(run, decisions, { principal: 'ada' })
    expect(await resume(client)).toMatchObject({ structuredContent: { result: ['paid'] } })
    await client.close()
    await other.close()
  })
})

describe('a request', () => {
  const post = (url: string, headers: Record<string, string>, body = '{}') =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body,
    })
  const initialize = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
  })

  it('is refused without the right token, from a web page, for another host, or if it is too large', async () => {
    await using server = await open()
    const { url } = server.http
    const authorization = `Bearer ${TOKEN}`
    expect((await post(url, {}, initialize)).status).toBe(401)
    expect((await post(url, { authorization: `Bearer ${TOKEN}x` }, initialize)).status).toBe(401)
    expect((await post(url, { authorization, origin: 'https://evil.example' }, initialize)).status).toBe(403)
    expect((await post(url, { authorization, origin: 'null' }, initialize)).status).toBe(403)
    expect((await post(url, { authorization }, `{"x":"${'x'.repeat(5_000_000)}"}`)).status).toBe(413)
    expect((await post(url, { authorization }, initialize)).status).toBe(200)
    expect((await fetch(new URL('/health', url))).status).toBe(200)
    expect((await fetch(new URL('/other', url), { headers: { authorization } })).status).toBe(404)
  })

  it('with a forged or a foreign request state decides nothing', async () => {
    paid = []
    const policy = [{ tools: 'bank.pay', effect: 'ask' as const }]
    await using server = await open({ policy, runs: { store: memoryStore() } })
    const call = (token: string, extra: object) =>
      post(
        server.http.url,
        {
          authorization: `Bearer ${token}`,
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': 'run_program',
        },
        JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: {
            name: 'run_program',
            arguments: { code: JOIN },
            _meta: {
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
              'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
            },
            ...extra,
          },
        }),
      ).then((response) => response.json() as Promise<{ result?: { requestState?: string }; error?: unknown }>)
    const { result } = await call(TOKEN, {})
    const requestState = result?.requestState as string
    expect(requestState).toEqual(expect.any(String))
    const inputResponses = { call2: { action: 'accept', content: { decision: 'allow' } } }
    for (const [token, state] of [
      [TOKEN, `${requestState}x`],
      [TOKEN, 'forged'],
      [OTHER, requestState],
    ] as const)
      expect(await call(token, { requestState: state, inputResponses })).toMatchObject({ error: expect.anything() })
    expect(paid).toEqual([])
    const answered = await call(TOKEN, { requestState, inputResponses })
    expect(answered).toMatchObject({ result: { structuredContent: { result: ['paid'] } } })
    // Answers belong to the program about which the user was asked.
    const other = { arguments: { code: 'return 1' }, requestState, inputResponses }
    expect(await call(TOKEN, other)).toMatchObject({
      error: { code: -32_602, message: 'The answers belong to another request' },
    })
    // The same answer again returns the same result, and pays nothing.
    expect(await call(TOKEN, { requestState, inputResponses })).toMatchObject({
      result: { structuredContent: { result: ['paid'] } },
    })
    expect(paid).toHaveLength(1)
  })

  it('of a thousand sessions ends those that were idle longest, and none of another user', async () => {
    await using server = await open()
    const { url } = server.http
    const openSession = async (token: string) => {
      const response = await post(url, { authorization: `Bearer ${token}` }, initialize)
      await response.text()
      expect(response.status).toBe(200)
      return response.headers.get('mcp-session-id') as string
    }
    const pingOf = async (token: string, session: string) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' })
      return (await post(url, { authorization: `Bearer ${token}`, 'mcp-session-id': session }, body)).status
    }
    const ofBen = await openSession(OTHER)
    // This one is busy, so it is not ended.
    const busy = await connectFirst(url)
    const before = aborted
    const slow = busy.callTool({ name: 'run_program', arguments: { code: 'await github.slow()' } }).catch(() => {})
    const sessions: string[] = []
    for (let round = 0; round < 20; round++)
      sessions.push(...(await Promise.all(Array.from({ length: 50 }, () => openSession(TOKEN)))))
    const states: number[] = []
    for (const session of sessions) states.push(await pingOf(TOKEN, session))
    expect(states.filter((status) => status === 200).length).toBeLessThan(100)
    expect(states.at(-1)).toBe(200)
    // What opens no session ends none.
    const ping = JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'ping' })
    expect((await post(url, { authorization: `Bearer ${TOKEN}` }, ping)).status).toBe(400)
    const alive = sessions.findIndex((_, index) => states[index] === 200)
    expect(await pingOf(TOKEN, sessions[alive] as string)).toBe(200)
    expect(states[0]).toBe(404)
    expect(await pingOf(OTHER, ofBen)).toBe(200)
    // A session belongs to its user.
    expect(await pingOf(OTHER, sessions.at(-1) as string)).toBe(404)
    expect(aborted).toBe(before)
    await busy.close()
    await slow
  })

  it('that never ends is cut off', async () => {
    await using server = await open()
    const { port } = new URL(server.http.url)
    const socket = createConnection(Number(port), '127.0.0.1')
    // A socket that is not read does not notice its end.
    const closed = new Promise((resolve) => socket.resume().once('close', resolve))
    socket.write(`POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: `)
    socket.on('error', () => {})
    await closed
    expect(socket.destroyed).toBe(true)
  })

  it('is one of many that run at the same time, for clients that see nothing of each other', async () => {
    await using server = await open()
    const clients = await Promise.all(Array.from({ length: 5 }, () => connect(server.http.url)))
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (clients[index % 5] as Client).callTool({ name: 'run_program', arguments: { code: `return ${index}` } }),
      ),
    )
    expect(results.map(({ structuredContent }) => structuredContent)).toEqual(
      results.map((_, index) => ({ result: index })),
    )
    await Promise.all(clients.map((client) => client.close()))
  })
})

describe('a service', () => {
  it.each<[object, string]>([
    [{}, '`tokens` must be an object'],
    [{ tokens: {} }, '`tokens` must be an object'],
    [{ tokens: { ada: 'short' } }, 'The token of ada must have at least 16'],
    [{ tokens: { ada: `${TOKEN}ü` } }, 'visible ASCII'],
    [{ tokens: { ada: TOKEN, ben: TOKEN } }, 'the same token'],
    [{ tokens: { ada: TOKEN }, port: '/tmp/socket' }, '`port` must be a number'],
    [{ tokens: { ada: TOKEN }, host: '0.0.0.0' }, 'has no option `host`'],
  ])('refuses the options %j', async (options, message) => {
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    await using service = serveMcp(codeMode)
    await expect(listenHttp(service, options as never)).rejects.toThrow(message)
  })

  it('ends running programs when it is closed', async () => {
    const server = await open()
    const client = await connect(server.http.url)
    const before = aborted
    const call = client.callTool({ name: 'run_program', arguments: { code: 'await github.slow()' } })
    const ended = expect(call).rejects.toThrow()
    await sleep(500)
    await server[Symbol.asyncDispose]()
    await ended
    expect(aborted).toBe(before + 1)
  })

  it('reports errors of the host, and hides them from clients', async () => {
    const store = memoryStore()
    store.create = () => Promise.reject(new Error('cannot open /secret/runs.db'))
    const seen: unknown[] = []
    await using codeMode = await createCodeMode({ sandbox, tools: {}, runs: { store } })
    await using service = serveMcp(codeMode, { onError: (error) => seen.push(error) })
    await using http = await listenHttp(service, { tokens: { ada: TOKEN } })
    const client = await connect(http.url)
    const result = await client.callTool({ name: 'run_program', arguments: { code: 'return 1' } })
    expect(JSON.stringify(result)).not.toContain('secret')
    expect(result.isError).toBe(true)
    await client.close()
  })
})

describe('a change of tools', () => {
  it('reaches clients as a notification', async () => {
    let listener = () => {}
    let tools: readonly Tool[] = [{ name: 'before', execute: () => 1 }]
    const provider: ToolProvider = {
      name: 'changing',
      get tools() {
        return tools
      },
      onChange: (added) => {
        listener = added
        return () => {}
      },
    }
    await using server = await open({ tools: provider })
    const client = new Client(
      { name: 'test', version: '1' },
      { versionNegotiation: { mode: 'auto' }, listChanged: { tools: { onChanged: () => told.resolve() } } },
    )
    const told = Promise.withResolvers<void>()
    await client.connect(new StreamableHTTPClientTransport(new URL(server.http.url), headersOf(TOKEN)))
    tools = [{ name: 'after', execute: () => 1 }]
    while (true) {
      listener()
      // Longer than the time within which a client joins notifications.
      if (await Promise.race([told.promise.then(() => true), sleep(1_000, false)])) break
    }
    const { tools: listed } = await client.listTools()
    expect(listed[0]?.description).toContain('after(')
    await client.close()
  })
})
