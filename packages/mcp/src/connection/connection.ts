import { type Tool, ToolCallError, type ToolContext } from '@glovebox/core'
import { assertKnownOptions, type McpResult, parseMcpResult } from '@glovebox/core/framework'
import {
  type Client,
  InsufficientScopeError,
  type ProgressCallback,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { Authorization } from '../auth/authorization.ts'
import { McpError, unauthorized } from '../contract/error.ts'
import type { McpEvent, McpState, McpStatus } from '../contract/events.ts'
import type { McpHttpOptions, McpOptions, McpStdioOptions } from '../contract/options.ts'
import type { McpProvider } from '../contract/provider.ts'
import { describeFailure } from './describe-failure.ts'
import type { ListedTool } from './listing.ts'
import { orAbort } from './or-abort.ts'
import { resourceTools, type WithClient } from './resources.ts'
import { ServerSecrets } from './secrets.ts'
import { isClosedError, isUnreachable, Session, statusOf } from './session.ts'
import { toolFilter } from './tool-filter.ts'
import { ToolPins } from './tool-pins.ts'

const COMMON_OPTIONS: readonly string[] = [
  'name',
  'connectTimeoutMs',
  'callTimeoutMs',
  'include',
  'exclude',
  'pins',
  'onEvent',
  'onElicit',
  'onSample',
  'roots',
  'signal',
]
/** `url` is allowed, but undefined. */
const STDIO_OPTIONS = ['command', 'args', 'env', 'cwd', 'url', ...COMMON_OPTIONS]
const HTTP_OPTIONS = ['url', 'headers', 'auth', 'fetch', 'transport', 'command', ...COMMON_OPTIONS]
const CONNECT_TIMEOUT_MS = 30_000
/** Longest delay that `setTimeout` supports. The limits of the execution end a call. */
const NO_TIMEOUT_MS = 2 ** 31 - 1
/** Number of reconnections within {@link RESTART_WINDOW_MS} after which calls fail at once. */
const MAX_RESTARTS = 5
const RESTART_WINDOW_MS = 60_000
const MAX_BACKOFF_MS = 30_000
const MAX_INSTRUCTIONS = 2_000
/** Bounds of the time after which a server's tools are listed again, if it gives one. */
const MIN_TTL_MS = 30_000
const MAX_TTL_MS = 24 * 60 * 60 * 1_000

/** Implements `mcp()`. A separate module, so that the SDK is loaded only when it is needed. */
export async function connect(options: McpOptions): Promise<McpProvider> {
  const connection = new McpConnection(options)
  try {
    await connection.open(options.signal)
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** The connection to one server, which is opened again when it is lost. */
class McpConnection implements McpProvider {
  readonly name: string
  readonly #options: McpOptions
  readonly #secrets: ServerSecrets
  readonly #authorization: Authorization | undefined
  readonly #isProvided: (tool: string) => boolean
  readonly #pins: ToolPins | undefined
  readonly #listeners = new Set<() => void>()
  readonly #closing = new AbortController()
  #state: McpState = 'connecting'
  #error: Error | undefined
  #session: Session | undefined
  #opening: Promise<Session> | undefined
  #listing: Promise<void> = Promise.resolve()
  #tools: readonly Tool[] = []
  #definitions = ''
  #server: { readonly name: string; readonly version: string } | undefined
  #instructions: string | undefined
  #protocol = ''
  #warnings: readonly string[] = []
  /** Times of the latest reconnections, in milliseconds since the epoch. */
  #restarts: number[] = []
  #failures = 0
  #retryAt = 0
  #refresh: ReturnType<typeof setTimeout> | undefined
  #closed: Promise<void> | undefined

  /** @throws `TypeError` for invalid options */
  constructor(options: McpOptions) {
    assertServerOptions(options)
    this.name = options.name
    this.#options = options
    this.#isProvided = toolFilter(options.name, options)
    this.#pins = options.pins && new ToolPins(options.pins, options.name)
    this.#secrets = new ServerSecrets(options)
    this.#authorization = this.#authorizationOf(options)
  }

  get tools(): readonly Tool[] {
    return this.#tools
  }

  get description(): string {
    return this.#instructions ?? ''
  }

  onChange(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  status(): McpStatus {
    return {
      state: this.#state,
      ...(this.#server !== undefined && { server: this.#server }),
      ...(this.#protocol !== '' && { protocol: this.#protocol }),
      tools: this.#tools.length,
      warnings: this.#warnings,
      held: this.#pins?.held ?? [],
      ...(this.#error !== undefined && { error: this.#error }),
    }
  }

  async allow(tools?: readonly string[]): Promise<void> {
    await this.#pins?.allow(tools)
    const session = this.#session
    if (session === undefined) return
    await this.#queueListing((signal) => this.#list(session, signal))
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Opens the connection and lists the tools.
   *
   * @throws `McpError`, or the signal's reason
   */
  async open(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    await this.#open(signal)
  }

  async #close(): Promise<void> {
    clearTimeout(this.#refresh)
    this.#closing.abort(new McpError('MCP_UNAVAILABLE', `The connection to the MCP server ${this.name} is closed`))
    this.#authorization?.close()
    await Promise.allSettled([this.#opening])
    await this.#session?.close()
    this.#session = undefined
    this.#enter('closed')
    this.#listeners.clear()
  }

  /** Opens a session unless that is already being done. */
  #open(signal?: AbortSignal): Promise<Session> {
    this.#opening ??= this.#openSession(signal).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #openSession(signal: AbortSignal | undefined): Promise<Session> {
    const { connectTimeoutMs: timeoutMs = CONNECT_TIMEOUT_MS } = this.#options
    this.#enter('connecting')
    const deadline = new Deadline(timeoutMs, () => this.#state === 'authenticating')
    const signals = [this.#closing.signal, deadline.signal, ...(signal === undefined ? [] : [signal])]
    const either = AbortSignal.any(signals)
    let session: Session | undefined
    try {
      await this.#authorization?.prepare()
      const opening = this.#startSession(timeoutMs, either)
      session = await orAbort(opening, either, (late) => late.close())
      await orAbort(this.#list(session, either), either)
      this.#session = session
      this.#failures = 0
      this.#enter('ready')
      return session
    } catch (error) {
      const stderr = session?.stderr()
      await session?.close()
      signal?.throwIfAborted()
      this.#closing.signal.throwIfAborted()
      const failure = describeFailure(error, {
        options: this.#options,
        secrets: this.#secrets,
        expiredMs: deadline.signal.aborted ? timeoutMs : undefined,
        ...(stderr !== undefined && { stderr }),
      })
      this.#failures++
      this.#retryAt = Date.now() + Math.min(MAX_BACKOFF_MS, 500 * 2 ** this.#failures)
      this.#enter('failed', failure)
      throw failure
    } finally {
      deadline.clear()
    }
  }

  async #startSession(timeoutMs: number, signal: AbortSignal): Promise<Session> {
    return await Session.open({
      options: this.#options,
      secrets: this.#secrets,
      authorization: this.#authorization,
      // The deadline ends the attempt, since it knows when a person logs in.
      timeoutMs: this.#authorization === undefined ? timeoutMs : NO_TIMEOUT_MS,
      signal,
      isRepeatable: (tool) => this.#isRepeatable(tool),
      onSecret: (secret) => this.#secrets.learn(secret),
      onToolsChanged: () => this.#relist(),
      onClosed: (session) => this.#lose(session),
      onLog: (level, data) => this.#emit({ type: 'log', server: this.name, level, data }),
    })
  }

  /** Lists the tools again after the server said that they have changed, or after their time is over. */
  #relist(): void {
    const session = this.#session
    if (session === undefined) return
    void this.#queueListing((signal) => this.#list(session, signal)).catch((error: unknown) => {
      if (this.#closing.signal.aborted) return
      const { message } = describeFailure(error, { options: this.#options, secrets: this.#secrets })
      this.#warn(`its tools could not be listed again: ${message}`)
    })
  }

  /** Lists the tools once earlier listings are over. */
  #queueListing(list: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.#options
    const listing = this.#listing.then(() =>
      list(AbortSignal.any([this.#closing.signal, AbortSignal.timeout(connectTimeoutMs)])),
    )
    this.#listing = listing.catch(() => {})
    return listing
  }

  async #list(session: Session, signal: AbortSignal): Promise<void> {
    const listed = await session.list(signal)
    const { client } = session
    this.#warnings = session.warnings
    this.#protocol = session.protocol
    const { name, version } = client.getServerVersion() ?? {}
    if (name !== undefined && version !== undefined) this.#server = { name, version }
    const wanted = listed.filter((tool) => this.#isProvided(tool.name))
    const provided = (await this.#pins?.select(wanted)) ?? wanted
    const instructions = client.getInstructions()?.trim().slice(0, MAX_INSTRUCTIONS)
    const definitions = JSON.stringify([instructions, provided, client.getServerCapabilities()])
    if (definitions !== this.#definitions) {
      this.#definitions = definitions
      this.#instructions = instructions
      const withClient: WithClient = (request, signal) => this.#request('a request', signal, true, request)
      const further = resourceTools(
        client.getServerCapabilities() ?? {},
        (each) => listed.some((tool) => tool.name === each),
        withClient,
      ).filter((tool) => this.#isProvided(tool.name))
      this.#tools = [...provided.map((tool) => this.#toolOf(tool)), ...further].map((tool) => this.#secrets.guard(tool))
      for (const message of session.warnings) this.#warn(message)
      const held = this.#pins?.held.map(({ tool }) => tool) ?? []
      if (held.length > 0) this.#warn(`these tools are new or have changed, and are held back: ${held.join(', ')}`)
      for (const listener of this.#listeners) listener()
    }
    clearTimeout(this.#refresh)
    if (session.ttlMs !== undefined && session.ttlMs > 0) {
      const ms = Math.min(Math.max(session.ttlMs, MIN_TTL_MS), MAX_TTL_MS)
      this.#refresh = setTimeout(() => this.#relist(), ms)
      this.#refresh.unref()
    }
  }

  #toolOf({ isTask = false, ...listed }: ListedTool): Tool {
    return {
      ...listed,
      execute: async (input, context) => {
        const result = await this.#call(listed.name, isTask, input as Record<string, unknown>, context)
        return parseMcpResult(listed.name, result as McpResult)
      },
    }
  }

  #call(tool: string, isTask: boolean, input: Record<string, unknown>, { signal }: ToolContext): Promise<unknown> {
    const { onEvent, callTimeoutMs } = this.#options
    const hearsProgress = onEvent !== undefined || callTimeoutMs !== undefined
    const onProgress: ProgressCallback = (progress) =>
      this.#emit({ type: 'progress', server: this.name, tool, ...progress })
    return this.#request(tool, signal, this.#isRepeatable(tool), (_, options, session) =>
      session.call({ tool, isTask, input, ...options, ...(hearsProgress && { onProgress }) }),
    )
  }

  /**
   * Makes a request. One that the server cannot have handled is made again in a new session, once. So is one that may be
   * repeated.
   *
   * @param what tool that is called, for error messages
   */
  async #request<Result>(
    what: string,
    signal: AbortSignal,
    isRepeatable: boolean,
    request: (client: Client, options: { signal: AbortSignal; timeout: number }, session: Session) => Promise<Result>,
  ): Promise<Result> {
    const { callTimeoutMs: timeout = NO_TIMEOUT_MS } = this.#options
    for (let attempt = 1; ; attempt++) {
      const session = await this.#ready(signal)
      try {
        return await request(session.client, { signal, timeout }, session)
      } catch (error) {
        if (signal.aborted) throw error
        const isRefused = this.#isSessionLost(session, error)
        const isClosed = isClosedError(error)
        if (isRefused || isClosed) this.#lose(session)
        if (attempt === 1 && (isRefused || (isClosed && isRepeatable))) continue
        throw this.#callError(what, error, isClosed)
      }
    }
  }

  /** Whether the server no longer knows the session, and so did not handle the request. */
  #isSessionLost({ client }: Session, error: unknown): boolean {
    const status = statusOf(error)
    const hasSession = (client.transport as { sessionId?: string } | undefined)?.sessionId !== undefined
    return hasSession && (status === 404 || (status === 400 && /session/i.test((error as Error).message)))
  }

  #callError(tool: string, error: unknown, isClosed: boolean): unknown {
    const { name } = this
    const cause = { cause: error }
    if (isClosed) {
      const what = this.#closing.signal.aborted
        ? `The connection to the MCP server ${name} has ended`
        : `The connection to the MCP server ${name} has ended while ${tool} ran, so the call may have had its effect`
      return new ToolCallError('TOOL_FAILED', what, cause)
    }
    if (
      error instanceof InsufficientScopeError ||
      error instanceof UnauthorizedError ||
      error instanceof McpError ||
      statusOf(error) === 401
    ) {
      const why =
        error instanceof InsufficientScopeError ? 'it does not grant what it requires' : 'it refused the credentials'
      const { message } = error instanceof McpError ? error : unauthorized(name, why)
      return new ToolCallError('TOOL_FAILED', message, cause)
    }
    const status = statusOf(error)
    if (status !== undefined)
      return new ToolCallError('TOOL_FAILED', `The MCP server ${name} answered with HTTP ${status}`, cause)
    if (isUnreachable(error))
      return new ToolCallError('TOOL_FAILED', `The MCP server ${name} could not be reached`, cause)
    return error
  }

  /** Resolves to an open session. */
  async #ready(signal: AbortSignal): Promise<Session> {
    if (this.#closing.signal.aborted)
      throw new ToolCallError('TOOL_FAILED', `The connection to the MCP server ${this.name} has ended`)
    if (this.#session !== undefined) return this.#session
    const now = Date.now()
    this.#restarts = this.#restarts.filter((at) => now - at < RESTART_WINDOW_MS)
    if (this.#opening === undefined) {
      const oldest = this.#restarts[0]
      const waitMs =
        this.#restarts.length >= MAX_RESTARTS && oldest !== undefined
          ? oldest + RESTART_WINDOW_MS - now
          : this.#failures > 0
            ? this.#retryAt - now
            : 0
      if (waitMs > 0)
        throw new ToolCallError(
          'TOOL_FAILED',
          `The MCP server ${this.name} is not available. It is tried again in ${Math.ceil(waitMs / 1_000)} s`,
        )
      this.#restarts.push(now)
    }
    try {
      return await orAbort(this.#open(), signal)
    } catch (error) {
      signal.throwIfAborted()
      throw new ToolCallError('TOOL_FAILED', (error as Error).message, { cause: error })
    }
  }

  /** Gives up a session. The next call opens another one. */
  #lose(session: Session | undefined): void {
    if (session === undefined || session !== this.#session) return
    this.#session = undefined
    void session.close().catch(() => {})
    if (!this.#closing.signal.aborted)
      this.#enter(
        'degraded',
        new McpError('MCP_UNAVAILABLE', `The connection to the MCP server ${this.name} has ended`),
      )
  }

  #isRepeatable(tool: string): boolean {
    const { annotations } = this.#tools.find(({ name }) => name === tool) ?? {}
    return annotations?.readOnlyHint === true || annotations?.idempotentHint === true
  }

  #authorizationOf(options: McpOptions): Authorization | undefined {
    const { url, auth, fetch = globalThis.fetch } = options as McpHttpOptions
    if (auth === undefined) return undefined
    let before: McpState = 'connecting'
    return new Authorization({
      name: this.name,
      url: new URL(url),
      auth,
      fetch: (...request) => fetch(...request),
      onSecret: (secret) => this.#secrets.learn(secret),
      onLogin: (isWaiting) => {
        if (isWaiting) before = this.#state
        this.#enter(isWaiting ? 'authenticating' : before)
      },
    })
  }

  #enter(state: McpState, error?: Error): void {
    this.#state = state
    this.#error = error
    this.#emit({ type: 'state', server: this.name, state, ...(error !== undefined && { error }) })
  }

  #warn(message: string): void {
    this.#emit({ type: 'warning', server: this.name, message })
  }

  #emit(event: McpEvent): void {
    this.#options.onEvent?.(event)
  }
}

/** Ends an attempt after a time in which no person is waited for. */
class Deadline {
  readonly #controller = new AbortController()
  readonly #isPaused: () => boolean
  #leftMs: number
  #timer: ReturnType<typeof setTimeout>

  constructor(ms: number, isPaused: () => boolean) {
    this.#isPaused = isPaused
    this.#leftMs = ms
    this.#timer = this.#wait()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #wait(): ReturnType<typeof setTimeout> {
    const ms = Math.min(this.#leftMs, 1_000)
    return setTimeout(() => {
      if (!this.#isPaused()) this.#leftMs -= ms
      if (this.#leftMs <= 0) this.#controller.abort(new Error('The time is over'))
      else this.#timer = this.#wait()
    }, ms)
  }
}

/** @throws `TypeError` */
function assertServerOptions(options: McpOptions): void {
  const given: Partial<McpStdioOptions & McpHttpOptions> = options
  const { name } = given
  if (typeof name !== 'string' || name === '') throw new TypeError('An MCP server needs a `name`')
  if (given.command !== undefined && given.url !== undefined)
    throw new TypeError(`The MCP server ${name} has both a \`command\` and a \`url\`; give only one of them`)
  if (given.url !== undefined) {
    assertKnownOptions('mcp()', options, HTTP_OPTIONS)
    // The error of the URL parser contains the whole URL.
    if (!URL.canParse(String(given.url))) throw new TypeError(`The MCP server ${name} has a \`url\` that is not valid`)
    const { transport } = given
    if (transport !== undefined && transport !== 'http' && transport !== 'sse')
      throw new TypeError(`The MCP server ${name} has the unknown transport ${String(transport)}; use http or sse`)
    return
  }
  if (typeof given.command !== 'string' || given.command === '')
    throw new TypeError(`The MCP server ${name} needs a \`command\` or a \`url\``)
  assertKnownOptions('mcp()', options, STDIO_OPTIONS)
}
