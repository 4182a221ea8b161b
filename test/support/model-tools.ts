/** Tools for the programs of `data/model-programs.json`. */
import { defineTool, type JsonSchema, type ToolProvider, toolProvider } from '@glovebox/core'

export interface ModelToolsState {
  readonly attempts: Map<string, number>
  readonly sent: string[]
}

/** Creates the state of one program. */
export const freshState = (): ModelToolsState => ({ attempts: new Map(), sent: [] })

const USERS: Readonly<Record<string, object>> = {
  u1: {
    id: 'u1',
    name: 'Ada',
    email: 'ada@example.com',
    country: 'GB',
    joined: '2025-01-05T09:30:00Z',
    balance: 1234.5,
    tags: ['vip', 'math'],
  },
  u2: {
    id: 'u2',
    name: 'Grace',
    email: 'grace@example.com',
    country: 'US',
    joined: '2024-12-30T23:15:00Z',
    balance: 99.99,
    tags: [],
  },
  u3: {
    id: 'u3',
    name: 'Zoë',
    email: 'zoe@example.com',
    country: 'FR',
    joined: '2025-02-28T00:00:00Z',
    balance: 0,
    tags: ['new'],
  },
}

const DOCUMENTS = [
  { id: 'd1', title: 'The art of tea', score: 0.91, date: '2025-01-05' },
  { id: 'd2', title: 'Tea and coffee', score: 0.62, date: '2024-11-30' },
  { id: 'd3', title: 'A history of green tea', score: 0.87, date: '2025-02-14' },
]

const ORDERS = [
  ['o1', 'u1', 10.5, 'paid', '2025-01-05T10:00:00Z'],
  ['o2', 'u2', 20.25, 'open', '2025-01-20T12:00:00Z'],
  ['o3', 'u1', 5, 'paid', '2025-02-01T00:00:00Z'],
  ['o4', 'u3', 99.9, 'refunded', '2025-02-28T23:59:59Z'],
  ['o5', 'u2', 1.1, 'paid', '2025-03-03T03:03:03Z'],
].map(([id, userId, amount, status, createdAt]) => ({ id, userId, amount, status, createdAt }))

const CSV = 'id,name,amount,note\n1,Ada,10.5,"says ""hi"", twice"\n2,Grace,20,"two\nlines"\n3,Zoë,1.25,\n'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const text = { type: 'string' }
const integer = { type: 'integer' }

// biome-ignore lint/suspicious/noExplicitAny: the schemas validate the inputs
type Run = (input: any, state: ModelToolsState) => unknown

const tool = (description: string, properties: Record<string, JsonSchema>, required: string[], run: Run) =>
  defineTool({
    description,
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    execute: (input, { context }) => run(input, context as ModelToolsState),
  })

export const modelTools: readonly ToolProvider[] = [
  toolProvider({
    name: 'tools',
    tools: {
      get: tool('One user.', { id: text }, ['id'], ({ id }) => {
        if (!(id in USERS)) throw new Error(`There is no user ${id}`)
        return USERS[id]
      }),
      'get-user-profile': tool('A profile.', { id: text }, ['id'], ({ id }) => ({ id, bio: 'hi' })),
      search: tool('Search documents.', { query: text, limit: integer }, ['query'], ({ query, limit = 10 }) => {
        const hits = DOCUMENTS.filter(({ title }) => title.toLowerCase().includes(query.toLowerCase()))
        return { results: hits.slice(0, limit), total: hits.length }
      }),
      orders: tool(
        'A page of orders.',
        { cursor: text, limit: integer, since: { type: 'string', format: 'date-time' } },
        [],
        ({ cursor, limit = 2 } = {}) => {
          const at = cursor ? Number(cursor) : 0
          const next = at + limit
          return { items: ORDERS.slice(at, next), nextCursor: next < ORDERS.length ? String(next) : undefined }
        },
      ),
      sendEmail: tool(
        'Sends an email.',
        { to: text, subject: text, body: text, cc: { type: 'array', items: text } },
        ['to', 'subject', 'body'],
        async ({ to }, { sent }) => {
          await sleep(2)
          sent.push(to)
          return { messageId: `m${sent.length}` }
        },
      ),
      weather: tool('Weather in a city.', { city: text, unit: { enum: ['C', 'F'] } }, ['city'], ({ city }) => ({
        city,
        tempC: [...city].reduce((sum, character) => sum + character.charCodeAt(0), 0) % 40,
        at: '2025-01-05T10:00:00Z',
      })),
      flaky: tool('Fails twice, then works.', { key: text }, ['key'], ({ key }, { attempts }) => {
        const made = (attempts.get(key) ?? 0) + 1
        attempts.set(key, made)
        if (made < 3) throw new Error('503 Service Unavailable')
        return { key, attempts: made }
      }),
      allFail: tool('Always fails.', {}, [], () => {
        throw new Error('no')
      }),
      slow: tool('Waits.', { ms: integer }, ['ms'], async ({ ms }) => {
        await sleep(ms)
        return { waited: ms }
      }),
      csv: tool('A CSV text.', {}, [], () => CSV),
      text: tool('Echo.', { text }, ['text'], (input) => ({
        length: input.text.length,
        content: [{ type: 'text', text: '{"ok":true}' }],
      })),
    },
  }),
  toolProvider({
    name: 'shop',
    tools: {
      price: tool('Price in cents.', { item: text }, ['item'], ({ item }) => ({
        item,
        cents: item === 'tea' ? 250 : 320,
      })),
    },
  }),
]
