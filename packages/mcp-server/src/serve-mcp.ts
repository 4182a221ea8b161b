import { type CodeMode, type ExecuteResult, type ExecutionEvent, RunError } from '@glovebox/core'
import { assertKnownOptions } from '@glovebox/core/framework'
import {
  type AuthInfo,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createMcpHandler,
  createRequestStateCodec,
  type InputRequiredResult,
  type McpHttpHandler,
  type McpRequestContext,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { type ApprovalState, askAbout, askableCalls, decisionsIn, waitingText } from './approvals.ts'
import { RESOURCES, readDeclarations, TEMPLATES } from './resources.ts'
import { answered, failed, toolResult } from './results.ts'
import { DESCRIBE, listTools, RESUME, SEARCH } from './tools.ts'

/** Options for {@link serveMcp}. */
export interface ServeMcpOptions {
  /**
   * Name of the server for clients. Default: `glovebox`.
   *
   * @default 'glovebox'
   */
  readonly name?: string
  /** Version of the server for clients. Default: the version of this package. */
  readonly version?: string
  /**
   * Whether `search_tools` and `describe_tools` are tools of their own. Programs always have them.
   *
   * @default false
   */
  readonly lookups?: boolean
  /**
   * Command with which a person allows a call, for clients that cannot ask. The id of the run and the number of the call
   * follow it. Default: none is named.
   */
  readonly approveCommand?: string
  /**
   * User to whom the runs of a request belong. Default: the `clientId` of the request's token, and nobody over stdio.
   */
  readonly principalOf?: (authInfo: AuthInfo | undefined) => string | undefined
}

/** A code mode that clients reach over the Model Context Protocol. Created by {@link serveMcp}. */
export interface McpService extends AsyncDisposable {
  /** Serves one HTTP request. The caller has checked its token, its origin and its host. */
  readonly fetch: McpHttpHandler['fetch']
  /** Serves standard input and output. Resolves when the client has closed the connection. */
  stdio(): Promise<void>
  /** Ends all connections. The code mode stays open. Idempotent. */
  close(): Promise<void>
}

const OPTIONS = ['name', 'version', 'lookups', 'approveCommand', 'principalOf']
/** Time within which a person has to answer through the client, in seconds. */
const ANSWER_SECONDS = 600

/**
 * Serves a code mode over the Model Context Protocol, to clients of the revisions since 2024-11-05. Clients see one tool
 * that runs programs. Calls that need approval are put to the user of the client, never to its model.
 *
 * @example
 * ```ts
 * await using service = serveMcp(codeMode)
 * await service.stdio()
 * ```
 *
 * @throws `TypeError` for an unknown option
 */
export function serveMcp(codeMode: CodeMode, options: ServeMcpOptions = {}): McpService {
  assertKnownOptions('serveMcp()', options, OPTIONS)
  return new Service(codeMode, options)
}

class Service implements McpService {
  readonly #codeMode: CodeMode
  readonly #options: ServeMcpOptions
  readonly #handler: McpHttpHandler
  readonly #servers = new Set<Server>()
  readonly #stopFollowing: () => void
  #stdio: { close(): Promise<void> } | undefined
  /** Seals what clients send back. Answers are valid for this process only, like the connection that asked. */
  readonly #states = createRequestStateCodec<ApprovalState>({
    key: crypto.getRandomValues(new Uint8Array(32)),
    ttlSeconds: ANSWER_SECONDS,
    bind: (context) => this.#principal(context) ?? '',
  })

  constructor(codeMode: CodeMode, options: ServeMcpOptions) {
    this.#codeMode = codeMode
    this.#options = options
    this.#handler = createMcpHandler((context) => this.#create(context))
    this.#stopFollowing = codeMode.onChange(() => {
      this.#handler.notify.toolsChanged()
      // A client that has gone needs no notification.
      for (const server of this.#servers) server.sendToolListChanged().catch(() => {})
    })
  }

  get fetch(): McpHttpHandler['fetch'] {
    return this.#handler.fetch
  }

  async stdio(): Promise<void> {
    const closed = Promise.withResolvers<void>()
    this.#stdio = serveStdio((context) => {
      const server = this.#create(context)
      this.#servers.add(server)
      server.onclose = () => {
        this.#servers.delete(server)
      }
      return server
    })
    process.stdin.once('end', () => closed.resolve())
    process.stdin.once('close', () => closed.resolve())
    await closed.promise
    await this.#stdio.close()
  }

  async close(): Promise<void> {
    this.#stopFollowing()
    await this.#stdio?.close()
    await this.#handler.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Creates a server for one connection, or for one request over HTTP. */
  #create(_: McpRequestContext): Server {
    const { name = 'glovebox', version = VERSION } = this.#options
    const server = new Server(
      { name, version },
      {
        capabilities: { tools: { listChanged: true }, resources: {} },
        requestState: { verify: (state, context) => this.#states.verify(state, context) },
      },
    )
    server.setRequestHandler('tools/list', () => ({
      tools: listTools(this.#codeMode, this.#options.lookups === true),
    }))
    server.setRequestHandler('tools/call', ({ params }, context) =>
      this.#call(server, params.name, params.arguments ?? {}, context),
    )
    server.setRequestHandler('resources/list', () => ({ resources: RESOURCES }))
    server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: TEMPLATES }))
    server.setRequestHandler('resources/read', ({ params }) => readDeclarations(this.#codeMode, params.uri))
    return server
  }

  #principal({ http }: ServerContext): string | undefined {
    const { principalOf = (authInfo) => authInfo?.clientId } = this.#options
    return principalOf(http?.authInfo)
  }

  async #call(
    server: Server,
    name: string,
    input: Readonly<Record<string, unknown>>,
    context: ServerContext,
  ): Promise<CallToolResult | InputRequiredResult> {
    const { tool, runs } = this.#codeMode
    try {
      if (name === tool.name) return await this.#run(server, input, context)
      if (name === RESUME && runs !== undefined) return await this.#resume(server, input, context)
      if (this.#options.lookups === true && name === SEARCH)
        return answered(await this.#codeMode.search(input as never, { signal: context.mcpReq.signal }))
      if (this.#options.lookups === true && name === DESCRIBE)
        return { content: [{ type: 'text', text: this.#codeMode.describe(input.paths as string[]) }] }
    } catch (error) {
      if (error instanceof TypeError || error instanceof RunError) return failed(error.message)
      throw error
    }
    return failed(`There is no tool ${JSON.stringify(name.slice(0, 100))}. Programs call functions: use ${tool.name}.`)
  }

  /** Runs a program, or continues it with the answers of the user. */
  async #run(server: Server, { code }: Readonly<Record<string, unknown>>, context: ServerContext) {
    if (typeof code !== 'string') return failed('Pass the program as `code`, a string.')
    const state = context.mcpReq.requestState<ApprovalState>()
    const settings = this.#settings(context)
    if (state === undefined) return this.#answer(server, await this.#codeMode.execute(code, settings), context)
    const decisions = decisionsIn(state, context.mcpReq.inputResponses)
    return this.#answer(server, await this.#codeMode.resume(state.run, { ...settings, decisions }), context)
  }

  async #resume(server: Server, { run }: Readonly<Record<string, unknown>>, context: ServerContext) {
    if (typeof run !== 'string') return failed('Pass the id of the run as `run`, a string.')
    const state = context.mcpReq.requestState<ApprovalState>()
    const decisions = state?.run === run ? decisionsIn(state, context.mcpReq.inputResponses) : []
    const resumed = await this.#codeMode.resume(run, { ...this.#settings(context), decisions })
    return this.#answer(server, resumed, context)
  }

  #settings(context: ServerContext) {
    const principal = this.#codeMode.runs === undefined ? undefined : this.#principal(context)
    return {
      signal: context.mcpReq.signal,
      onEvent: progressOf(context),
      ...(principal !== undefined && { principal }),
    }
  }

  async #answer(server: Server, result: ExecuteResult, context: ServerContext) {
    if (result.status !== 'suspended') return toolResult(this.#codeMode, result)
    const calls = askableCalls(result)
    if (calls.length === 0 || !canAsk(server, context)) return failed(waitingText(result, this.#options.approveCommand))
    const digests = Object.fromEntries(calls.map(({ call, digest }) => [call, digest]))
    return askAbout(calls, await this.#states.mint({ run: result.run, digests }, context))
  }
}

/** Returns whether the client can put a question to its user. */
function canAsk(server: Server, { mcpReq }: ServerContext): boolean {
  const declared =
    (mcpReq.envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ??
    server.getClientCapabilities()
  return (declared as ClientCapabilities | undefined)?.elicitation !== undefined
}

/** Returns a listener that reports each call of a program to a client that asked for progress. */
function progressOf({ mcpReq }: ServerContext): (event: ExecutionEvent) => void {
  const token = mcpReq._meta?.progressToken
  let progress = 0
  return (event) => {
    if (token === undefined || event.type !== 'tool-call-start') return
    const params = { progressToken: token, progress: ++progress, message: event.tool }
    // A client that has gone needs no notification.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
  }
}

const VERSION = '0.0.0'
