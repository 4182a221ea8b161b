import { readFileSync } from 'node:fs'
import type { CodeMode, PendingCall } from '@glovebox/core'
import { assertKnownOptions } from '@glovebox/core/framework'
import type { McpProvider, RelayedChange } from '@glovebox/mcp'
import {
  type AuthInfo,
  createMcpHandler,
  isLegacyRequest,
  type McpHttpHandler,
  type McpRequestContext,
  type Server,
  type ServerCapabilities,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import type { Connection } from './connection.ts'
import { GatewayServer } from './gateway-server.ts'
import { handleRequests, type Parts } from './handle-requests.ts'
import { PassThrough } from './pass-through.ts'
import { ProgramTools } from './program-tools.ts'
import { Rounds } from './rounds.ts'
import { Sessions } from './sessions.ts'
import { Subscriptions } from './subscriptions.ts'
import { TASKS, Tasks } from './tasks.ts'
import { DESCRIBE, RESUME, SEARCH } from './tools.ts'

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
  /**
   * Servers whose resources, prompts, completions and log messages clients see under their own names. The code mode has
   * their tools. Create them with `mcp({ …, ...clientCallbacks })`, so that they can ask the user of a client. Default: none.
   */
  readonly servers?: readonly McpProvider[]
  /**
   * Tools of `servers` that clients also see as tools of their own, as `server.tool`, in which `*` stands for any characters.
   * Tools about which a rule of the code mode asks, or that it denies, are left out. Rules that look at inputs do not
   * apply to them. Default: none
   */
  readonly passTools?: readonly string[]
  /**
   * Called before each request is answered, which waits for the promise: for servers that are being started. Clients connect
   * meanwhile. The promise must not reject. Default: requests do not wait.
   *
   * @param request whether the request calls a tool, or lists, reads or completes
   */
  readonly ready?: (request: 'call' | 'list') => Promise<void>
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
  fetch(request: Request, options?: { readonly authInfo?: AuthInfo }): Promise<Response>
  /**
   * Serves standard input and output, once. Resolves when the connection has ended, or the service is closed.
   *
   * @throws `Error` if it is called again
   */
  stdio(): Promise<void>
  /** Ends all connections and running programs. The code mode stays open. Idempotent. */
  close(): Promise<void>
}

const OPTIONS = [
  'name',
  'version',
  'lookups',
  'servers',
  'passTools',
  'ready',
  'approveCommand',
  'onError',
  'principalOf',
]

/** Capability for tasks of the revision of 2025-11-25. */
const FIRST_TASKS = { list: {}, cancel: {}, requests: { tools: { call: {} } } }

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
  readonly #parts: Parts
  readonly #handler: McpHttpHandler
  readonly #sessions: Sessions
  /** Connections that last over several requests. */
  readonly #connections = new Set<Connection>()
  readonly #stopFollowing: readonly (() => void)[]
  readonly #closing = new AbortController()
  #stdio: ObservedTransport | undefined

  constructor(codeMode: CodeMode, options: ServeMcpOptions) {
    this.#codeMode = codeMode
    this.#options = options
    this.#parts = this.#createParts()
    this.#handler = createMcpHandler(({ era }) => this.#connect(era).server, { legacy: 'reject' })
    this.#sessions = new Sessions({
      create: () => this.#connectLasting('legacy'),
      userOf: (authInfo) => this.#userOf(authInfo) ?? '',
    })
    this.#stopFollowing = this.#follow()
  }

  async fetch(request: Request, { authInfo }: { readonly authInfo?: AuthInfo } = {}): Promise<Response> {
    if (await isLegacyRequest(request)) return await this.#sessions.fetch(request, authInfo)
    return await this.#handler.fetch(request, authInfo === undefined ? {} : { authInfo })
  }

  async stdio(): Promise<void> {
    if (this.#stdio !== undefined) throw new Error('Standard input and output are served already')
    const transport = new ObservedTransport()
    this.#stdio = transport
    serveStdio(({ era }) => this.#connectLasting(era).server, { transport, onerror: (error) => this.#report(error) })
    await transport.closed
  }

  async close(): Promise<void> {
    for (const stop of this.#stopFollowing) stop()
    this.#closing.abort(new Error('The service is closed'))
    await this.#stdio?.close()
    await this.#sessions.close()
    await this.#handler.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #createParts(): Parts {
    const codeMode = this.#codeMode
    const { servers = [], passTools = [], lookups: hasLookups = false, ready, approveCommand } = this.#options
    const principalOf = ({ http }: ServerContext) => this.#userOf(http?.authInfo)
    const userOf = (context: ServerContext) => principalOf(context) ?? ''
    const onError = (error: unknown) => this.#report(error)
    const passThrough = new PassThrough({
      servers,
      tools: passTools,
      codeMode,
      reserved: [codeMode.tool.name, RESUME, SEARCH, DESCRIBE],
      onError,
    })
    const tasks = new Tasks()
    return {
      codeMode,
      hasLookups,
      passThrough,
      programs: new ProgramTools({
        codeMode,
        hasLookups,
        approveCommand,
        principalOf: ({ context }) => principalOf(context),
        onError,
      }),
      tasks,
      userOf,
      rounds: new Rounds({
        ready,
        closing: this.#closing.signal,
        tasks,
        userOf,
        onError,
      }),
      subscriptions: new Subscriptions(passThrough, onError),
    }
  }

  #userOf(authInfo: AuthInfo | undefined): string | undefined {
    const { principalOf = (info) => info?.clientId } = this.#options
    return principalOf(authInfo)
  }

  /** Creates a server for one connection, or for one request over HTTP. */
  #connect(era: McpRequestContext['era']): Connection {
    const { name = 'glovebox', version = VERSION } = this.#options
    const { passThrough, rounds } = this.#parts
    const server = new GatewayServer(
      { name, version },
      {
        capabilities: {
          ...capabilitiesFor(era, passThrough.capabilities),
          tools: { listChanged: true },
          ...(era === 'legacy' ? { tasks: FIRST_TASKS } : { extensions: { [TASKS]: {} } }),
        },
        requestState: { verify: (state, context) => rounds.verify(state, context) },
        // `Rounds` asks clients of the first generation.
        inputRequired: { legacyShim: false },
      },
    )
    const connection: Connection = { server, isFirstGeneration: era === 'legacy', openRequests: 0 }
    handleRequests(connection, this.#parts)
    return connection
  }

  #connectLasting(era: McpRequestContext['era']): Connection {
    const connection = this.#connect(era)
    this.#connections.add(connection)
    connection.server.onclose = () => {
      this.#connections.delete(connection)
      this.#parts.subscriptions.end(connection)
    }
    return connection
  }

  /** Tells clients about changes of the tools and of the servers. Returns functions that end this. */
  #follow(): (() => void)[] {
    const { notify } = this.#handler
    const tell = (send: (server: Server) => Promise<void>, connections: Iterable<Connection> = this.#connections) => {
      for (const { server } of connections) send(server).catch((error) => this.#report(error))
    }
    const toolsChanged = () => {
      this.#parts.passThrough.toolsChanged()
      notify.toolsChanged()
      tell((server) => server.sendToolListChanged())
    }
    const changed = (change: RelayedChange) => {
      if (change.type === 'resource-updated') {
        const { uri } = change
        notify.resourceUpdated(uri)
        tell((server) => server.sendResourceUpdated({ uri }), this.#parts.subscriptions.of(uri))
      } else if (change.type === 'prompts-changed') {
        notify.promptsChanged()
        tell((server) => server.sendPromptListChanged())
      } else {
        notify.resourcesChanged()
        tell((server) => server.sendResourceListChanged())
      }
    }
    const { servers = [] } = this.#options
    return [this.#codeMode.onChange(toolsChanged), ...servers.map(({ relay }) => relay.onChange(changed))]
  }

  #report(error: unknown): void {
    this.#options.onError?.(error)
  }
}

/** Subscriptions of clients of 2026-07-28 do not reach the servers: the SDK handles them alone. */
function capabilitiesFor(
  era: McpRequestContext['era'],
  { resources, ...others }: ServerCapabilities,
): ServerCapabilities {
  const { subscribe, ...rest } = resources ?? {}
  return { ...others, resources: { ...rest, ...(subscribe && era === 'legacy' && { subscribe }) } }
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
