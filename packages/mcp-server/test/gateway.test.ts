import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as FirstStdioTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as FirstHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import {
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it, vi } from 'vitest'

const MAX_WAIT_MS = 60_000
vi.setConfig({ testTimeout: 2 * MAX_WAIT_MS })

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.mjs`, import.meta.url))
const TOKENS = { ada: 'token-of-ada-0123456789', ben: 'token-of-ben-0123456789' }
type User = keyof typeof TOKENS
type Generation = 'current' | 'first'
type Transport = 'HTTP' | 'standard input and output'

interface GatewayOptions {
  readonly names?: readonly string[]
  readonly passTools?: readonly string[]
  /** Generation of the upstream servers. */
  readonly upstream?: Generation
}

/** Answers of the client of a test, and all that it hears. */
interface Ears {
  answer?: (message: string) => object | Promise<object>
  readonly asked: string[]
  toolsChanged: number
  readonly updated: string[]
  readonly logged: unknown[]
}

/** A client of either generation: the part that the tests use. */
type TestClient = Pick<Client, 'listTools' | 'listPrompts' | 'listResources' | 'close'> & {
  callTool(
    params: object,
    options?: object,
  ): Promise<{ content?: unknown; structuredContent?: unknown; isError?: unknown }>
  getPrompt(params: { name: string }): Promise<{ messages: unknown[] }>
  readResource(params: { uri: string }): Promise<{ contents: unknown[] }>
}

/** A gateway in front of several upstream servers, in a process of its own. */
class Gateway implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'glovebox-gateway-'))
  readonly #journal = join(this.#directory, 'journal')
  readonly #settings: object
  readonly #clients: TestClient[] = []
  #process: ChildProcess | undefined
  #url: Promise<string> | undefined

  constructor({ names = ['a', 'b', 'c'], passTools = [], upstream = 'current' }: GatewayOptions = {}) {
    writeFileSync(this.#journal, '')
    this.#settings = {
      upstream: fixture('upstream'),
      evil: fixture('evil'),
      journal: this.#journal,
      names,
      passTools,
      generation: upstream,
    }
  }

  notes(): string[] {
    return readFileSync(this.#journal, 'utf8').split('\n').slice(0, -1)
  }

  /** Address of the gateway, which is started first. */
  url(): Promise<string> {
    this.#url ??= new Promise((resolve, reject) => {
      const args = [fixture('gateway'), JSON.stringify({ ...this.#settings, tokens: TOKENS })]
      this.#process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] }).once('error', reject)
      createInterface(this.#process.stdout as NodeJS.ReadableStream).once('line', resolve)
    })
    return this.#url
  }

  async connect(generation: Generation, transport: Transport, ears: Ears = newEars(), user: User = 'ada') {
    const client = await this.#connect(generation, transport, ears, user)
    this.#clients.push(client)
    return client
  }

  async #connect(generation: Generation, transport: Transport, ears: Ears, user: User): Promise<TestClient> {
    const capabilities = ears.answer === undefined ? {} : { elicitation: { form: {} } }
    const settings = { requestInit: { headers: { authorization: `Bearer ${TOKENS[user]}` } } }
    const command = {
      command: process.execPath,
      args: [fixture('gateway'), JSON.stringify(this.#settings)],
      stderr: 'ignore' as const,
    }
    const url = transport === 'HTTP' ? new URL(await this.url()) : undefined
    const answer = (message: string) => {
      ears.asked.push(message)
      return ears.answer?.(message) as never
    }
    if (generation === 'first') {
      const client = new FirstClient({ name: 'test', version: '1' }, { capabilities })
      if (ears.answer !== undefined)
        client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params.message))
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => void ears.toolsChanged++)
      client.setNotificationHandler(
        ResourceUpdatedNotificationSchema,
        ({ params }) => void ears.updated.push(params.uri),
      )
      client.setNotificationHandler(
        LoggingMessageNotificationSchema,
        ({ params }) => void ears.logged.push(params.data),
      )
      await client.connect((url ? new FirstHttpTransport(url, settings) : new FirstStdioTransport(command)) as never)
      const callTool = (params: never, options: never) => client.callTool(params, undefined, options)
      return Object.assign(Object.create(client), { callTool }) as never
    }
    const client = new Client(
      { name: 'test', version: '1' },
      {
        capabilities,
        versionNegotiation: { mode: 'auto' },
        listChanged: { tools: { autoRefresh: false, onChanged: () => void ears.toolsChanged++ } },
      },
    )
    if (ears.answer !== undefined)
      client.setRequestHandler('elicitation/create', ({ params }) => answer(params.message))
    client.setNotificationHandler('notifications/message', ({ params }) => void ears.logged.push(params.data))
    await client.connect(url ? new StreamableHTTPClientTransport(url, settings) : new StdioClientTransport(command))
    return client as never
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
    const gateway = this.#process
    if (gateway !== undefined) {
      const exited = new Promise((resolve) => gateway.once('exit', resolve))
      gateway.kill()
      await exited
    }
    // Upstream processes end after the gateway, and may write to the journal until then.
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 10 })
  }
}

const newEars = (answer?: Ears['answer']): Ears => ({
  ...(answer !== undefined && { answer }),
  asked: [],
  toolsChanged: 0,
  updated: [],
  logged: [],
})
const allow = () => ({ action: 'accept', content: { decision: 'allow' } })
const eventually = (assertion: () => void) => vi.waitFor(assertion, { timeout: MAX_WAIT_MS / 2, interval: 20 })
const run = (client: TestClient, code: string, options?: object) =>
  client.callTool({ name: 'run_program', arguments: { code } }, options)
const resultOf = async (client: TestClient, code: string) =>
  (await run(client, code)).structuredContent as { result?: unknown; error?: string }

const COMBINATIONS: readonly (readonly [Generation, Transport])[] = [
  ['current', 'HTTP'],
  ['first', 'HTTP'],
  ['current', 'standard input and output'],
  ['first', 'standard input and output'],
]

describe.each(COMBINATIONS)('a client of the %s generation on %s', (generation, transport) => {
  it('runs programs over three servers, with progress, approval, cancellation and changes', async () => {
    await using gateway = new Gateway()
    const ears = newEars(allow)
    const client = await gateway.connect(generation, transport, ears)
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(['run_program', 'resume_program'])

    const progress: string[] = []
    const join = `const said = await Promise.all([a.echo({ text: 1 }), b.echo({ text: 2 }), c.echo({ text: 3 })])
      return said.join(', ')`
    const joined = await run(client, join, {
      onprogress: ({ message }: { message: string }) => void progress.push(message),
    })
    expect(joined.structuredContent).toEqual({ result: 'a: 1, b: 2, c: 3' })
    await eventually(() => expect(progress).toEqual(['a.echo', 'b.echo', 'c.echo']))

    expect(await resultOf(client, `return await a.pay({ to: 'ada' })`)).toEqual({ result: 'paid ada' })
    expect(ears.asked).toEqual([expect.stringContaining('Allow the call of a.pay?')])
    expect(gateway.notes()).toEqual(['a paid ada'])

    const cancel = new AbortController()
    const cancelled = expect(run(client, 'return await c.slow({})', { signal: cancel.signal })).rejects.toThrow()
    await eventually(() => expect(gateway.notes()).toContain('c started'))
    cancel.abort(new Error('enough'))
    await cancelled
    await eventually(() => expect(gateway.notes()).toContain('c aborted'))

    expect(await resultOf(client, 'return await b.grow({})')).toEqual({ result: 'added_1' })
    await eventually(() => expect(ears.toolsChanged).toBeGreaterThan(0))
    expect(await resultOf(client, 'return await b.added1({})')).toEqual({ result: 'added_1' })
  })

  it('is not harmed by a server that ends or is slow, and connects again', async () => {
    await using gateway = new Gateway()
    const client = await gateway.connect(generation, transport)
    const slow = run(client, 'return await c.slow({})').catch(() => {})
    await eventually(() => expect(gateway.notes()).toContain('c started'))
    const { error } = await resultOf(client, 'return await b.die({})')
    expect(error).toContain('ended while die ran')
    const both = `return [await a.echo({ text: 1 }), await b.echo({ text: 2 })]`
    expect(await resultOf(client, both)).toEqual({ result: ['a: 1', 'b: 2'] })
    await client.close()
    await slow
    const again = await gateway.connect(generation, transport)
    expect(await resultOf(again, both)).toEqual({ result: ['a: 1', 'b: 2'] })
  })
})

describe('five clients', () => {
  it('of both generations run fifty programs at once', async () => {
    await using gateway = new Gateway()
    const clients = await Promise.all(
      Array.from({ length: 5 }, (_, index) => gateway.connect(index % 2 === 0 ? 'current' : 'first', 'HTTP')),
    )
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        resultOf(clients[index % 5] as TestClient, `return await b.echo({ text: ${index} })`),
      ),
    )
    expect(results).toEqual(results.map((_, index) => ({ result: `b: ${index}` })))
  })
})

describe.each([
  ['current', 'current'],
  ['current', 'first'],
  ['first', 'current'],
  ['first', 'first'],
] as const)('a server of the %s generation', (upstream, generation) => {
  it(`asks the user of a client of the ${generation} generation, in a program and in a tool of its own`, async () => {
    await using gateway = new Gateway({ upstream, passTools: ['a.*'] })
    const ears = newEars((message) => ({ action: 'accept', content: { name: `${message}!` } }))
    const client = await gateway.connect(generation, 'HTTP', ears)
    expect(await resultOf(client, `return await a.ask({ question: 'Who' })`)).toEqual({ result: 'accept Who!' })
    const { content } = await client.callTool({ name: 'ask', arguments: { question: 'What' } })
    expect(content).toEqual([{ type: 'text', text: 'accept What!' }])
    expect(ears.asked).toEqual(['Who', 'What'])
    const mute = await gateway.connect(generation, 'HTTP')
    const refused = await mute.callTool({ name: 'ask', arguments: { question: 'What' } }).catch(String)
    expect(JSON.stringify(refused)).not.toContain('accept')
  })

  it(`logs to the client of the ${generation} generation that called it`, async () => {
    await using gateway = new Gateway({ upstream, passTools: ['a.*'] })
    const ears = newEars()
    const client = await gateway.connect(generation, 'HTTP', ears)
    const _meta = { 'io.modelcontextprotocol/logLevel': 'info' }
    await client.callTool({ name: 'log', arguments: {}, ...(generation === 'current' && { _meta }) })
    await eventually(() => expect(ears.logged).toEqual([{ seen: 'a' }]))
  })
})

describe('a server that does not say to whom its question belongs', () => {
  it('gets no answer while clients of two users call it', async () => {
    await using gateway = new Gateway({ upstream: 'first' })
    const [ada, ben] = [newEars(allow), newEars(allow)]
    const [first, second] = [
      await gateway.connect('first', 'HTTP', ada, 'ada'),
      await gateway.connect('first', 'HTTP', ben, 'ben'),
    ]
    const slow = run(first, 'return await a.slow({})').catch(() => {})
    await eventually(() => expect(gateway.notes()).toContain('a started'))
    const { error } = await resultOf(second, `return await a.ask({ question: 'Who' })`)
    expect(error).toContain('not known to which client')
    expect([...ada.asked, ...ben.asked]).toEqual([])
    await first.close()
    await slow
  })
})

describe('a question that a server asks after its call has ended', () => {
  it('is not put to another user', async () => {
    await using gateway = new Gateway({ upstream: 'first' })
    const [ada, ben] = [newEars(allow), newEars(allow)]
    const first = await gateway.connect('current', 'HTTP', ada, 'ada')
    const second = await gateway.connect('current', 'HTTP', ben, 'ben')
    const cancel = new AbortController()
    const asking = run(first, `return await a.askLate({ question: 'secret of ada' })`, { signal: cancel.signal })
    const cancelled = expect(asking).rejects.toThrow()
    await eventually(() => expect(gateway.notes()).toContain('a started'))
    const slow = run(second, 'return await a.slow({})').catch(() => {})
    await eventually(() => expect(gateway.notes().filter((note) => note === 'a started')).toHaveLength(2))
    cancel.abort(new Error('enough'))
    await cancelled
    await eventually(() => expect(gateway.notes()).toContain('a refused'))
    expect(ben.asked).toEqual([])
    await second.close()
    await slow
  })
})

describe('a server that always asks for nothing', () => {
  it('is not called for ever', async () => {
    await using gateway = new Gateway({ passTools: ['a.again'] })
    const client = await gateway.connect('first', 'HTTP')
    await expect(client.callTool({ name: 'again', arguments: {} })).rejects.toThrow('asked more than')
  })
})

describe('a hostile server', () => {
  it('replaces no tool of the gateway or of others, and spoils no list', async () => {
    await using gateway = new Gateway({ names: ['evil', 'b', 'a'], passTools: ['*'] })
    const client = await gateway.connect('current', 'HTTP')
    const names = (await client.listTools()).tools.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.slice(0, 5)).toEqual([
      'run_program',
      'resume_program',
      'evil_run_program',
      'evil_resume_program',
      'a_echo',
    ])
    expect(names).not.toContain('odd')
    expect(await resultOf(client, 'return 6 * 7')).toEqual({ result: 42 })
    // The name of the tool of `a` is taken twice.
    expect(names).toContain('a_echo_2')
    const called = await client.callTool({ name: 'a_echo_2', arguments: { text: 1 } })
    expect(called.content).toMatchObject([{ text: 'a: 1' }])
    const prompts = (await client.listPrompts()).prompts.map(({ name }) => name)
    expect(prompts).toEqual(['greet', 'b.greet', 'only_b', 'a.greet', 'only_a'])
    const resources = (await client.listResources()).resources.map(({ name }) => name)
    expect(resources).toEqual(['declarations', 'y', 'b', 'a'])
  })

  it('gets no tool past a rule by its name', async () => {
    await using gateway = new Gateway({ names: ['my-server', 'my_server'], passTools: ['*.pay', '*.echo'] })
    const client = await gateway.connect('current', 'HTTP')
    const names = (await client.listTools()).tools.map(({ name }) => name)
    expect(names.slice(2)).toEqual(['echo', 'my_server_echo'])
  })
})

describe('what is passed through', () => {
  it('keeps its name, unless another server has the same', async () => {
    await using gateway = new Gateway({ passTools: ['a.echo', 'b.echo', 'b.pay'] })
    const client = await gateway.connect('current', 'HTTP')
    const { tools } = await client.listTools()
    // A rule asks about `pay`, so only programs call it.
    expect(tools.map(({ name }) => name).slice(2)).toEqual(['echo', 'b_echo'])
    expect((await client.callTool({ name: 'echo', arguments: { text: 1 } })).content).toMatchObject([{ text: 'a: 1' }])
    expect((await client.callTool({ name: 'b_echo', arguments: { text: 1 } })).content).toMatchObject([
      { text: 'b: 1' },
    ])
    expect(await client.callTool({ name: 'pay', arguments: {} })).toMatchObject({ isError: true })
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(['greet', 'only_a', 'b.greet', 'only_b', 'c.greet', 'only_c'])
    expect((await client.getPrompt({ name: 'b.greet' })).messages).toMatchObject([{ content: { text: 'b greet' } }])
    await expect(client.getPrompt({ name: 'none' })).rejects.toThrow('There is no prompt "none"')
    expect((await client.readResource({ uri: 'test://c' })).contents).toMatchObject([{ text: 'c' }])
    // Not in a list, so each server is asked.
    expect((await client.readResource({ uri: 'test://b/more' })).contents).toMatchObject([{ text: 'b' }])
    await expect(client.readResource({ uri: 'other://x' })).rejects.toThrow('has no other://x')
  })

  it('is listed without a server that does not answer', async () => {
    await using gateway = new Gateway({ names: ['a', 'hung'] })
    const client = await gateway.connect('current', 'HTTP')
    const { resources } = await client.listResources()
    expect(resources.map(({ name }) => name)).toEqual(['declarations', 'a'])
  })

  it.each(['current', 'first'] as const)(
    'is subscribed to at a server of the %s generation, until no client wants it',
    async (upstream) => {
      await using gateway = new Gateway({ upstream })
      const [ada, ben] = [newEars(), newEars()]
      const connect = async (ears: Ears) => (await gateway.connect('first', 'HTTP', ears)) as never as FirstClient
      const [first, second] = [await connect(ada), await connect(ben)]
      const other = await gateway.connect('current', 'HTTP')
      for (const client of [first, second]) await client.subscribeResource({ uri: 'test://a' })
      expect(await resultOf(other, 'return await a.touch({})')).toEqual({ result: 'touched' })
      await eventually(() => expect([ada.updated, ben.updated]).toEqual([['test://a'], ['test://a']]))
      await first.unsubscribeResource({ uri: 'test://a' })
      await resultOf(other, 'return await a.touch({})')
      await eventually(() => expect(ben.updated).toHaveLength(2))
      expect(ada.updated).toHaveLength(1)
      await (second.transport as FirstHttpTransport).terminateSession()
      const told = ['a subscribed test://a', 'a unsubscribed test://a']
      if (upstream === 'first') await eventually(() => expect(gateway.notes()).toEqual(told))
    },
  )
})
