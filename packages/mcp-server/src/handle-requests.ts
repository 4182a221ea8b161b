import type { CodeMode } from '@glovebox/core'
import type { CallToolResult, RequestMethod, Server, ServerContext } from '@modelcontextprotocol/server'
import type { Connection } from './connection.ts'
import { handleTasks, type TaskParts } from './handle-tasks.ts'
import type { ListMethod, PassThrough } from './pass-through.ts'
import type { ProgramTools } from './program-tools.ts'
import { isDeclaration, RESOURCES, readDeclarations, TEMPLATES } from './resources.ts'
import type { Subscriptions } from './subscriptions.ts'
import { listTools } from './tools.ts'

/** The parts of a service that all connections use. */
export interface Parts extends TaskParts {
  readonly codeMode: CodeMode
  readonly hasLookups: boolean
  readonly programs: ProgramTools
  readonly passThrough: PassThrough
  readonly subscriptions: Subscriptions
}

/** Sets the handlers of all requests that clients may make over a connection. */
export function handleRequests(connection: Connection, parts: Parts): void {
  handleTools(connection, parts)
  handleTasks(connection, parts)
  handleResources(connection, parts)
  const { resources, prompts, completions, logging } = parts.passThrough.capabilities
  if (prompts !== undefined) handlePrompts(connection, parts)
  if (resources?.subscribe === true && connection.isFirstGeneration) handleSubscriptions(connection, parts)
  if (completions !== undefined) handleCompletions(connection, parts)
  if (logging !== undefined) handleLogLevel(connection, parts)
}

function handleTools(connection: Connection, { codeMode, hasLookups, programs, passThrough, rounds }: Parts): void {
  const { server } = connection
  server.setRequestHandler('tools/list', (_, context) =>
    rounds.once(connection, context, () => ({
      tools: [
        ...listTools(codeMode, { hasLookups, hasTasks: connection.isFirstGeneration }),
        ...(passThrough.tools() as ReturnType<typeof listTools>),
      ],
    })),
  )
  server.setRequestHandler('tools/call', ({ method, params }, context) =>
    rounds.answer<CallToolResult>(connection, { method, params, context }, async (request, { run, passed }) => {
      const call = { name: params.name, input: params.arguments ?? {}, request }
      if (run !== undefined) return await programs.continue(call, run)
      const found = await passThrough.call({ method, params: recordOf(params), state: passed, request })
      if (found === undefined) return await programs.call(call)
      const { tool, answer } = found
      if ('ask' in answer) return answer
      return { result: server.projectCallToolResult(answer.result as CallToolResult, tool.outputSchema as never) }
    }),
  )
}

function handleResources(connection: Connection, parts: Parts): void {
  const { server } = connection
  const { codeMode, passThrough, rounds } = parts
  handleList(connection, parts, 'resources/list', { resources: RESOURCES })
  handleList(connection, parts, 'resources/templates/list', { resourceTemplates: TEMPLATES })
  setHandler(server, 'resources/read', (params, context) => {
    const uri = String(params.uri)
    if (isDeclaration(uri)) return { ...readDeclarations(codeMode, uri) }
    const method = 'resources/read'
    return rounds.answer(connection, { method, params, context }, (request, { passed }) =>
      passThrough.read({ method, params, state: passed, request }),
    )
  })
}

function handlePrompts(connection: Connection, parts: Parts): void {
  const { passThrough, rounds } = parts
  const method = 'prompts/get'
  handleList(connection, parts, 'prompts/list', { prompts: [] })
  setHandler(connection.server, method, (params, context) =>
    rounds.answer(connection, { method, params, context }, (request, { passed }) =>
      passThrough.prompt({ method, params, state: passed, request }),
    ),
  )
}

/** @param own items of this server, which stand on the first page */
function handleList(
  connection: Connection,
  { passThrough, rounds }: Parts,
  method: ListMethod,
  own: Readonly<Record<string, readonly object[]>>,
): void {
  setHandler(connection.server, method, ({ cursor }, context) =>
    rounds.once(connection, context, async (request) => {
      const page = await passThrough.list(method, cursor as string | undefined, request)
      if (cursor !== undefined) return page
      const joined = Object.entries(own).map(([key, items]) => [key, [...items, ...(page[key] as object[])]])
      return { ...page, ...Object.fromEntries(joined) }
    }),
  )
}

function handleSubscriptions(connection: Connection, { rounds, subscriptions }: Parts): void {
  for (const method of ['resources/subscribe', 'resources/unsubscribe'] as const)
    setHandler(connection.server, method, (params, context) =>
      rounds.once(connection, context, async (request) => {
        await subscriptions[method === 'resources/subscribe' ? 'add' : 'remove'](String(params.uri), request)
        return {}
      }),
    )
}

function handleCompletions(connection: Connection, { passThrough, rounds }: Parts): void {
  const method = 'completion/complete'
  setHandler(connection.server, method, (params, context) =>
    rounds.once(connection, context, (request) => passThrough.complete({ method, params, request })),
  )
}

function handleLogLevel(connection: Connection, { passThrough, rounds }: Parts): void {
  setHandler(connection.server, 'logging/setLevel', (params, context) =>
    rounds.once(connection, context, async (request) => {
      connection.logLevel = String(params.level)
      await passThrough.setLogLevel(String(params.level), request)
      return {}
    }),
  )
}

/** Sets a handler whose parameters and result the protocol checks. */
function setHandler(
  server: Server,
  method: RequestMethod,
  handle: (params: Record<string, unknown>, context: ServerContext) => object | Promise<object>,
): void {
  server.setRequestHandler(method, (({ params }: { readonly params?: object }, context: ServerContext) =>
    handle(recordOf(params), context)) as never)
}

const recordOf = (params: object = {}): Record<string, unknown> => ({ ...params })
