import { type Tool, ToolCallError, type ToolContext } from '@glovebox/core'
import { isRepeatable, type McpResult, parseMcpResult } from '@glovebox/core/framework'
import type { ProgressCallback } from '@modelcontextprotocol/client'
import { Authorization } from '../auth/authorization.ts'
import { McpError } from '../contract/error.ts'
import type { McpEvent, McpState, McpStatus } from '../contract/events.ts'
import type { McpHttpOptions, McpOptions } from '../contract/options.ts'
import type { McpProvider } from '../contract/provider.ts'
import { NO_TIMEOUT_MS } from '../contract/timeouts.ts'
import { assertServerOptions } from './assert-options.ts'
import { callError } from './call-error.ts'
import { Deadline } from './deadline.ts'
import { describeFailure } from './describe-failure.ts'
import type { ListedTool } from './listing.ts'
import { orAbort } from './or-abort.ts'
import { ReconnectAttempts } from './reconnect-attempts.ts'
import { Relay, type RelayedCall } from './relay.ts'
import { resourceTools, type WithClient } from './resources.ts'
import { ServerSecrets } from './secrets.ts'
import { isClosedError, type RequestSettings, Session, TaskFailedError } from './session.ts'
import { toolFilter } from './tool-filter.ts'
import { ToolPins } from './tool-pins.ts'

const CONNECT_TIMEOUT_MS = 30_000
const MAX_INSTRUCTIONS = 2_000
/** Time for which a call is remembered that has ended, in milliseconds, and maximum number of these calls. */
const LINGER_MS = 60_000
const MAX_RECENT = 1_000
/** First revision in which servers ask by answering a call. */
const STATELESS = '2026-07-28'
/** Bounds of the time between two attempts to connect in the background. */
const FIRST_WAIT_MS = 1_000
const LAST_WAIT_MS = 5 * 60 * 1_000
/** Bounds of the time after which a server's tools are listed again, if it gives one. */
const MIN_TTL_MS = 30_000
const MAX_TTL_MS = 24 * 60 * 60 * 1_000

/** Implements `mcp()`. A separate module, so that the SDK is loaded only when it is needed. */
export async function connect(options: McpOptions): Promise<McpProvider> {
  const connection = new McpConnection(options)
  if (options.background === true) {
    options.signal?.throwIfAborted()
    connection.openInBackground()
    return connection
  }
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
  #isListingQueued = false
  /** Whether the server has announced other tools since they were last listed. */
  #isOutdated = false
  readonly #endings = new Set<Promise<void>>()
  #tools: readonly Tool[] = []
  #definitions = ''
  #server: { readonly name: string; readonly version: string } | undefined
  #instructions: string | undefined
  #protocol = ''
  #warnings: readonly string[] = []
  readonly #attempts = new ReconnectAttempts()
  readonly #calls = new Set<{ readonly context?: unknown }>()
  /** Contexts of calls that have ended, with the time of the end. */
  readonly #recent = new Map<unknown, number>()
  readonly relay = new Relay((call, request) => this.#relayed(call, request))
  #refresh: ReturnType<typeof setTimeout> | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
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

  get version(): string {
    return this.#server?.version ?? ''
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

  /** Opens the connection, and tries again until that succeeds. */
  openInBackground(waitMs = FIRST_WAIT_MS): void {
    this.#open().catch((error: unknown) => {
      // A person has to log in first.
      const isRefused = error instanceof McpError && error.code === 'MCP_UNAUTHORIZED'
      if (this.#closing.signal.aborted || isRefused) return
      this.#retry = setTimeout(() => this.openInBackground(Math.min(2 * waitMs, LAST_WAIT_MS)), waitMs)
      this.#retry.unref()
    })
  }

  async #close(): Promise<void> {
    clearTimeout(this.#refresh)
    clearTimeout(this.#retry)
    this.#closing.abort(new McpError('MCP_UNAVAILABLE', `The connection to the MCP server ${this.name} is closed`))
    this.#authorization?.close()
    await Promise.allSettled([this.#opening])
    await Promise.all([this.#session?.close(), ...this.#endings])
    this.#session = undefined
    this.#enter('closed')
    this.#listeners.clear()
    this.relay.clear()
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
    let stderr = () => ''
    try {
      const opening = this.#startSession(timeoutMs, either, (read) => {
        stderr = read
      })
      session = await orAbort(opening, either, (late) => late.close())
      await orAbort(this.#list(session, either), either)
      this.#session = session
      this.#attempts.succeeded()
      this.#enter('ready')
      // The server may have announced other tools while they were listed.
      if (this.#isOutdated) this.#relist()
      return session
    } catch (error) {
      const written = stderr()
      await session?.close()
      signal?.throwIfAborted()
      this.#closing.signal.throwIfAborted()
      const failure = describeFailure(error, {
        options: this.#options,
        secrets: this.#secrets,
        expiredMs: deadline.signal.aborted ? timeoutMs : undefined,
        stderr: written,
      })
      this.#attempts.failed()
      this.#enter('failed', failure)
      throw failure
    } finally {
      deadline.clear()
    }
  }

  async #startSession(
    timeoutMs: number,
    signal: AbortSignal,
    onStarted: (stderr: () => string) => void,
  ): Promise<Session> {
    return await Session.open({
      options: this.#options,
      secrets: this.#secrets,
      authorization: this.#authorization,
      // The deadline ends the attempt, since it stands still while a person logs in.
      timeoutMs: this.#authorization === undefined ? timeoutMs : NO_TIMEOUT_MS,
      signal,
      onStarted,
      isRepeatable: (tool) => this.#isRepeatable(tool),
      onSecret: (secret) => this.#secrets.learn(secret),
      onToolsChanged: () => this.#relist(),
      onClosed: (session) => this.#lose(session),
      onChange: (change) => this.relay.announce(change),
      onLog: ({ level, data, logger }) =>
        this.#emit({ type: 'log', server: this.name, level, data, logger, contexts: this.#contexts() }),
      contexts: () => this.#contexts(),
    })
  }

  /** Lists the tools again after the server said that they have changed, or after their time is over. */
  #relist(): void {
    const session = this.#session
    if (session === undefined || this.#isListingQueued) {
      this.#isOutdated = true
      return
    }
    this.#isListingQueued = true
    void this.#queueListing((signal) => this.#list(session, signal)).catch((error: unknown) => {
      if (this.#closing.signal.aborted) return
      this.#warnOf('its tools could not be listed again', error)
    })
  }

  #warnOf(what: string, error: unknown): void {
    this.#warn(`${what}: ${describeFailure(error, { options: this.#options, secrets: this.#secrets }).message}`)
  }

  /** Lists the tools once earlier listings are over. */
  #queueListing(list: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = this.#options
    const listing = this.#listing.then(() => {
      this.#isListingQueued = false
      return list(AbortSignal.any([this.#closing.signal, AbortSignal.timeout(connectTimeoutMs)]))
    })
    this.#listing = listing.catch(() => {})
    return listing
  }

  async #list(session: Session, signal: AbortSignal): Promise<void> {
    this.#isOutdated = false
    const listed = await session.list(signal)
    const { client } = session
    this.#warnings = session.warnings
    this.#protocol = session.protocol
    const { name, version } = client.getServerVersion() ?? {}
    if (name !== undefined && version !== undefined) this.#server = { name, version }
    const wanted = listed.filter((tool) => this.#isProvided(tool.name))
    const provided = (await this.#pins?.select(wanted)) ?? wanted
    const instructions = client.getInstructions()?.trim().slice(0, MAX_INSTRUCTIONS)
    const raw = session.rawTools(provided.map(({ name }) => name))
    const definitions = JSON.stringify([instructions, raw, client.getServerCapabilities()])
    this.relay.update(session, client, raw, (error) => this.#warnOf('a subscription was lost', error))
    if (definitions !== this.#definitions) {
      this.#definitions = definitions
      this.#instructions = instructions
      const withClient: WithClient = (request, context) =>
        this.#request('a request', context, true, ({ client }, settings) => request(client, settings))
      const further = resourceTools(
        client.getServerCapabilities() ?? {},
        (each) => listed.some((tool) => tool.name === each),
        withClient,
      ).filter((tool) => this.#isProvided(tool.name))
      this.#tools = [...provided.map((tool) => this.#toolOf(tool)), ...further].map((tool) => this.#secrets.guard(tool))
      for (const message of session.warnings) this.#warn(message)
      const held = this.#pins?.held.map(({ tool }) => tool) ?? []
      if (held.length > 0) this.#warn(`these tools are new or have changed, and are held back: ${held.join(', ')}`)
      for (const listener of this.#listeners) callHost(listener)
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

  #call(tool: string, isTask: boolean, input: Record<string, unknown>, context: ToolContext): Promise<unknown> {
    const { onEvent, callTimeoutMs } = this.#options
    const reportsProgress = onEvent !== undefined || callTimeoutMs !== undefined
    const onProgress: ProgressCallback = (progress) =>
      this.#emit({ type: 'progress', server: this.name, tool, ...progress })
    return this.#request(tool, context, this.#isRepeatable(tool), (session, settings) =>
      session.call({ tool, isTask, input, ...settings, ...(reportsProgress && { onProgress }) }),
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
    call: { readonly signal: AbortSignal; readonly context?: unknown },
    isRepeatable: boolean,
    request: (session: Session, settings: RequestSettings) => Promise<Result>,
  ): Promise<Result> {
    const { callTimeoutMs: timeout = NO_TIMEOUT_MS } = this.#options
    const { signal } = call
    for (let attempt = 1; ; attempt++) {
      const session = await this.#ready(signal)
      this.#calls.add(call)
      try {
        return await request(session, { signal, timeout })
      } catch (error) {
        if (signal.aborted) throw error
        if (error instanceof TaskFailedError) throw this.#errorOf(what, error.cause, isClosedError(error.cause))
        const isRefused = await session.isLost(error)
        const isClosed = isClosedError(error) || session.client.transport === undefined
        if (isClosed || (isRefused && attempt === 1)) this.#lose(session)
        if (attempt === 1 && (isRefused || (isClosed && isRepeatable))) continue
        throw this.#errorOf(what, error, isClosed)
      } finally {
        this.#endCall(call, session)
      }
    }
  }

  /** A server of the first generation may ask about a call that has ended here, so it is remembered for some time. */
  #endCall(call: { readonly context?: unknown }, { protocol }: Session): void {
    const { context } = call
    this.#calls.delete(call)
    if (context === undefined || protocol >= STATELESS) return
    this.#recent.delete(context)
    this.#recent.set(context, Date.now())
    const [oldest] = this.#recent.keys()
    if (this.#recent.size > MAX_RECENT) this.#recent.delete(oldest)
  }

  /** Returns the contexts of the open calls, and of those that have ended a short time ago. */
  #contexts(): readonly unknown[] {
    const since = Date.now() - LINGER_MS
    const recent = [...this.#recent].flatMap(([context, endedAt]) => (endedAt > since ? [context] : []))
    const open = [...this.#calls].flatMap(({ context }) => (context === undefined ? [] : [context]))
    return [...new Set([...recent, ...open])]
  }

  /** Makes a request of another client. Its errors show no credentials. */
  async #relayed<Result>(
    call: RelayedCall,
    request: (session: Session, settings: RequestSettings) => Promise<Result>,
  ): Promise<Result> {
    const { tool, signal } = call
    const isRepeatable = tool === undefined || this.#isRepeatable(tool)
    return await this.#secrets.guarded(signal, () => this.#request(tool ?? 'a request', call, isRepeatable, request))
  }

  #errorOf(what: string, error: unknown, isClosed: boolean): unknown {
    const { name } = this
    return callError(error, { server: name, what, isClosed, isClosing: this.#closing.signal.aborted })
  }

  /** Resolves to an open session. */
  async #ready(signal: AbortSignal): Promise<Session> {
    if (this.#closing.signal.aborted)
      throw new ToolCallError('TOOL_FAILED', `The connection to the MCP server ${this.name} has ended`)
    if (this.#session !== undefined) return this.#session
    if (this.#opening === undefined) {
      const waitMs = this.#attempts.begin()
      if (waitMs > 0)
        throw new ToolCallError(
          'TOOL_FAILED',
          `The MCP server ${this.name} is not available. It is tried again in ${Math.ceil(waitMs / 1_000)} s`,
        )
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
    const ending = session.close().catch(() => {})
    this.#endings.add(ending)
    void ending.finally(() => this.#endings.delete(ending))
    if (!this.#closing.signal.aborted)
      this.#enter(
        'degraded',
        new McpError('MCP_UNAVAILABLE', `The connection to the MCP server ${this.name} has ended`),
      )
  }

  #isRepeatable(tool: string): boolean {
    const found = this.#tools.find(({ name }) => name === tool)
    return found !== undefined && isRepeatable(found)
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
    const { onEvent } = this.#options
    if (onEvent !== undefined) callHost(() => onEvent(event))
  }
}

/** Calls a function of the host. What it throws becomes an uncaught exception, and does not disturb the connection. */
function callHost(call: () => unknown): void {
  const fail = (error: unknown) =>
    queueMicrotask(() => {
      throw error
    })
  try {
    const returned = call()
    if (returned instanceof Promise) returned.catch(fail)
  } catch (error) {
    fail(error)
  }
}
