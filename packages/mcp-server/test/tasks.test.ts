import { setTimeout as sleep } from 'node:timers/promises'
import { createCodeMode, defineTool, memoryStore, toolProvider } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema, ResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, describe, expect, it } from 'vitest'
import { listenHttp, serveMcp } from '../src/index.ts'

const sandbox = quickjs()
afterAll(() => sandbox.close())
const TOKENS = { ada: 'token-of-ada-0123456789', ben: 'token-of-ben-0123456789' }

let aborted = 0
const bank = toolProvider({
  name: 'bank',
  tools: {
    pay: () => 'paid',
    wait: defineTool({
      execute: async (_, { signal }) => {
        try {
          await sleep(60_000, undefined, { signal })
        } catch (error) {
          aborted++
          throw error
        }
      },
    }),
  },
})

async function open() {
  const codeMode = await createCodeMode({
    sandbox,
    tools: [bank],
    policy: [{ tools: 'bank.pay', effect: 'ask' }],
    runs: { store: memoryStore() },
  })
  const service = serveMcp(codeMode)
  const http = await listenHttp(service, { tokens: TOKENS })
  const clients: FirstClient[] = []
  return {
    async connect(user: keyof typeof TOKENS, decision?: string): Promise<FirstClient> {
      const capabilities = decision === undefined ? {} : { elicitation: { form: {} } }
      const client = new FirstClient({ name: 'test', version: '1' }, { capabilities })
      if (decision !== undefined)
        client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { decision } }))
      const headers = { authorization: `Bearer ${TOKENS[user]}` }
      await client.connect(new StreamableHTTPClientTransport(new URL(http.url), { requestInit: { headers } }) as never)
      clients.push(client)
      return client
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()))
      await http.close()
      await service.close()
      await codeMode.close()
    },
  }
}

interface TaskResult {
  readonly task?: { readonly taskId: string; readonly status: string }
  readonly [key: string]: unknown
}

const ask = async (client: FirstClient, method: string, params: object = {}): Promise<TaskResult> =>
  (await client.request({ method, params } as never, ResultSchema)) as TaskResult

/** Starts a program as a task, and returns the id of the task. */
async function start(client: FirstClient, code: string): Promise<string> {
  const params = { name: 'run_program', arguments: { code }, task: { ttl: 60_000 } }
  const { task } = await ask(client, 'tools/call', params)
  expect(task).toMatchObject({ status: 'working', pollInterval: expect.any(Number), ttl: expect.any(Number) })
  return task?.taskId as string
}

describe('a program that runs as a task', () => {
  it('is looked after until it has a result', async () => {
    await using server = await open()
    const client = await server.connect('ada')
    expect(client.getServerCapabilities()).toMatchObject({ tasks: { requests: { tools: { call: {} } } } })
    const { tools } = await client.listTools()
    expect(tools[0]).toMatchObject({ name: 'run_program', execution: { taskSupport: 'optional' } })
    const taskId = await start(client, 'return 6 * 7')
    expect(await ask(client, 'tasks/result', { taskId })).toMatchObject({
      structuredContent: { result: 42 },
      _meta: { 'io.modelcontextprotocol/related-task': { taskId } },
    })
    expect(await ask(client, 'tasks/get', { taskId })).toMatchObject({ status: 'completed' })
    expect(await ask(client, 'tasks/list')).toMatchObject({ tasks: [{ taskId, status: 'completed' }] })
    await expect(ask(client, 'tasks/get', { taskId: 'other' })).rejects.toThrow('no such task')
  })

  it('asks its user while the client waits for the result', async () => {
    await using server = await open()
    const client = await server.connect('ada', 'allow')
    const taskId = await start(client, 'return await bank.pay({})')
    while ((await ask(client, 'tasks/get', { taskId })).status !== 'input_required') await sleep(20)
    expect(await ask(client, 'tasks/result', { taskId })).toMatchObject({ structuredContent: { result: 'paid' } })
  })

  it('goes on when its client disconnects, and ends when it is cancelled', async () => {
    await using server = await open()
    const first = await server.connect('ada')
    const before = aborted
    const taskId = await start(first, 'await bank.wait()')
    await first.close()
    const client = await server.connect('ada')
    expect(await ask(client, 'tasks/get', { taskId })).toMatchObject({ status: 'working' })
    const waiting = expect(ask(client, 'tasks/result', { taskId })).rejects.toThrow('cancelled')
    expect(await ask(client, 'tasks/cancel', { taskId })).toMatchObject({ status: 'cancelled' })
    await waiting
    while (aborted === before) await sleep(10)
    expect(await ask(client, 'tasks/get', { taskId })).toMatchObject({ status: 'cancelled' })
  })

  it('is invisible to another user', async () => {
    await using server = await open()
    const [ada, ben] = [await server.connect('ada'), await server.connect('ben')]
    const taskId = await start(ada, 'return 1')
    for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel'])
      await expect(ask(ben, method, { taskId })).rejects.toThrow('no such task')
    expect(await ask(ben, 'tasks/list')).toMatchObject({ tasks: [] })
  })
})
