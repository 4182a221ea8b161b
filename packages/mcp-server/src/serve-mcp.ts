import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  type CodeMode,
  type ExecuteResult,
  type ExecutionEvent,
  type PendingCall,
  RunError,
  SandboxError,
} from '@glovebox/core'
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
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import {
  type ApprovalState,
  askAbout,
  decisionsIn,
  type Question,
  questionFor,
  questionsIn,
  waitingText,
} from './approvals.ts'
import { RESOURCES, readDeclarations, TEMPLATES } from './resources.ts'
import { answered, failed, toolResult } from './results.ts'
import { DESCRIBE, listTools, RESUME, SEARCH } from './tools.ts'

/** Options for {@link serveMcp}. */
export interface ServeMcpOptions {
  /**
   * Name of the server for clients.
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
  /** Returns the command with which a person decides on a call, for clients that cannot ask. Default: none is named. */
  readonly approveCommand?: (run: string, call: PendingCall) => string
  /** Called with each error that clients do not see in full, such as one of the store. Default: ignored */
  readonly onError?: (error: unknown) => void
  /**
   * User to whom the runs of a request belong. Default: the `clientId` of the request's token, none over stdio.
   */
  readonly principalOf?: (authInfo: AuthInfo | undefined) => string | undefined
}

/** A code mode that clients reach over the Model Context Protocol. Created by {@link serveMcp}. */
export interface McpService extends AsyncDisposable {
  /** Serves one HTTP request. The caller has checked its token, its origin and its host. */
  readonly fetch: McpHttpHandler['fetch']
  /**
   * Serves standard input and output, once. Resolves when the connection has ended, or the service is closed.
   *
   * @throws `Error` if it is called again
   */
  stdio(): Promise<void>
  /** Ends all connections and running programs. The code mode stays open. Idempotent. */
  close(): Promise<void>
}

const OPTIONS = ['name', 'version', 'lookups', 'approveCommand', 'onError', 'principalOf']
/** Time within which a person has to answer through the client, in seconds. */
const ANSWER_SECONDS = 24 * 60 * 60

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
  #stdio: ObservedTransport | undefined
  readonly #closing = new AbortController()
  /** Signs the state that clients send back. It is valid for this process only. */
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
      for (const server of this.#servers) server.sendToolListChanged().catch((error) => this.#report(error))
    })
  }

  get fetch(): McpHttpHandler['fetch'] {
    return this.#handler.fetch
  }

  async stdio(): Promise<void> {
    if (this.#stdio !== undefined) throw new Error('Standard input and output are served already')
    const transport = new ObservedTransport()
    this.#stdio = transport
    serveStdio(
      (context) => {
        const server = this.#create(context)
        this.#servers.add(server)
        server.onclose = () => {
          this.#servers.delete(server)
        }
        return server
      },
      { transport, onerror: (error) => this.#report(error) },
    )
    await transport.closed
  }

  async close(): Promise<void> {
    this.#stopFollowing()
    this.#closing.abort(new Error('The service is closed'))
    await this.#stdio?.close()
    await this.#handler.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Creates a server for one connection, or for one request over HTTP. */
  #create({ era }: McpRequestContext): Server {
    const { name = 'glovebox', version = VERSION } = this.#options
    const server = new Server(
      { name, version },
      {
        capabilities: { tools: { listChanged: true }, resources: {} },
        requestState: { verify: (state, context) => this.#states.verify(state, context) },
        // Clients of the first generation are asked by `#askDirectly`, so that no run is lost if one fails to ask.
        inputRequired: { legacyShim: false },
      },
    )
    server.setRequestHandler('tools/list', () => ({
      tools: listTools(this.#codeMode, this.#options.lookups === true),
    }))
    const canAskDirectly = era === 'legacy'
    server.setRequestHandler('tools/call', ({ params }, context) =>
      this.#call({ server, canAskDirectly, name: params.name, input: params.arguments ?? {}, context }),
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

  async #call(call: ToolCall): Promise<CallToolResult | InputRequiredResult> {
    const { name, input, context } = call
    const { tool, runs } = this.#codeMode
    try {
      const state = context.mcpReq.requestState<ApprovalState>()
      if (state !== undefined) return await this.#continue(call, state)
      if (name === tool.name) return await this.#run(call)
      if (name === RESUME && runs !== undefined) return await this.#resume(call)
      if (this.#options.lookups === true && name === SEARCH)
        return answered(await this.#codeMode.search(input as never, { signal: context.mcpReq.signal }))
      if (this.#options.lookups === true && name === DESCRIBE)
        return { content: [{ type: 'text', text: this.#codeMode.describe(input.paths as string[]) }] }
    } catch (error) {
      context.mcpReq.signal.throwIfAborted()
      if (error instanceof TypeError || error instanceof RunError) return failed(error.message)
      this.#report(error)
      return failed(`The program could not be run${error instanceof SandboxError ? `: ${error.code}` : ''}.`)
    }
    return failed(`There is no tool ${JSON.stringify(name.slice(0, 100))}. Programs call functions: use ${tool.name}.`)
  }

  async #run(call: ToolCall): Promise<CallToolResult | InputRequiredResult> {
    const { code } = call.input
    if (typeof code !== 'string') return failed('Pass the program as `code`, a string.')
    return await this.#answer(call, await this.#codeMode.execute(code, this.#settings(call)))
  }

  async #resume(call: ToolCall): Promise<CallToolResult | InputRequiredResult> {
    const { run } = call.input
    if (typeof run !== 'string') return failed('Pass the id of the run as `run`, a string.')
    return await this.#answer(call, await this.#codeMode.resume(run, this.#settings(call)))
  }

  /** Continues a run with the answers of the user to the same call. */
  async #continue(call: ToolCall, state: ApprovalState): Promise<CallToolResult | InputRequiredResult> {
    if (state.request !== digestOf(call)) return failed('These answers belong to another call.')
    const decisions = decisionsIn(state, call.context.mcpReq.inputResponses)
    return await this.#answer(call, await this.#codeMode.resume(state.run, { ...this.#settings(call), decisions }))
  }

  #settings({ context }: ToolCall) {
    const principal = this.#codeMode.runs === undefined ? undefined : this.#principal(context)
    return {
      signal: AbortSignal.any([context.mcpReq.signal, this.#closing.signal]),
      onEvent: this.#progressOf(context),
      ...(principal !== undefined && { principal }),
    }
  }

  async #answer(call: ToolCall, result: ExecuteResult): Promise<CallToolResult | InputRequiredResult> {
    if (result.status !== 'suspended') return toolResult(this.#codeMode, result)
    const questions = questionsIn(result)
    const waiting = () => failed(waitingText(result, this.#options.approveCommand))
    if (questions.length === 0 || !canAsk(call)) return waiting()
    const digests = Object.fromEntries(questions.map(({ call: { call: id, digest } }) => [id, digest]))
    const state = { run: result.run, request: digestOf(call), digests }
    if (!call.canAskDirectly) return askAbout(questions, await this.#states.mint(state, call.context))
    const responses = await this.#askDirectly(call, questions)
    if (responses === undefined) return waiting()
    const decisions = decisionsIn(state, responses)
    return await this.#answer(call, await this.#codeMode.resume(result.run, { ...this.#settings(call), decisions }))
  }

  /** Asks the user of a client of the first generation. Returns undefined if the client fails to ask. */
  async #askDirectly(
    { context: { mcpReq } }: ToolCall,
    questions: readonly Question[],
  ): Promise<Record<string, unknown> | undefined> {
    const responses: Record<string, unknown> = {}
    try {
      for (const question of questions) {
        const { key, params } = questionFor(question)
        responses[key] = await mcpReq.elicitInput(params, { signal: mcpReq.signal, timeout: ANSWER_SECONDS * 1_000 })
      }
      return responses
    } catch (error) {
      mcpReq.signal.throwIfAborted()
      this.#report(error)
      return undefined
    }
  }

  /** Returns a listener that reports each call of a program to a client that asked for progress. */
  #progressOf({ mcpReq }: ServerContext): (event: ExecutionEvent) => void {
    const token = mcpReq._meta?.progressToken
    let progress = 0
    return (event) => {
      if (token === undefined || event.type !== 'tool-call-start') return
      const params = { progressToken: token, progress: ++progress, message: event.tool }
      mcpReq.notify({ method: 'notifications/progress', params }).catch((error) => this.#report(error))
    }
  }

  #report(error: unknown): void {
    this.#options.onError?.(error)
  }
}

/** A call of one of our tools by a client. */
interface ToolCall {
  readonly server: Server
  /** Whether the client answers questions while the call is open. */
  readonly canAskDirectly: boolean
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  readonly context: ServerContext
}

const digestOf = ({ name, input }: ToolCall): string =>
  createHash('sha256')
    .update(JSON.stringify([name, input]))
    .digest('hex')

/** Returns whether the client can show a form to its user. */
function canAsk({ server, context: { mcpReq } }: ToolCall): boolean {
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined
  const declared = (envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.getClientCapabilities()) as
    | ClientCapabilities
    | undefined
  const { elicitation } = declared ?? {}
  return elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined)
}

/** Standard input and output, with a promise for their end. */
class ObservedTransport extends StdioServerTransport {
  readonly #closed = Promise.withResolvers<void>()

  /** Resolves when the connection has ended, from either side. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  override async close(): Promise<void> {
    await super.close()
    this.#closed.resolve()
  }
}

const { version: VERSION } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}
