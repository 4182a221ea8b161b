import { setTimeout as delay } from 'node:timers/promises'
import { isRecord } from '@glovebox/core/framework'
import {
  Client,
  type ClientCapabilities,
  InsufficientScopeError,
  type ProgressCallback,
  SdkError,
  SdkHttpError,
  SseError,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import type { Authorization } from '../auth/authorization.ts'
import { McpError } from '../contract/error.ts'
import type { ElicitRequest, SampleRequest, ServerRequest } from '../contract/events.ts'
import type { McpHttpOptions, McpOptions, McpStdioOptions } from '../contract/options.ts'
import type { RawTool, RelayedChange } from '../contract/relay.ts'
import { type ListedTool, MAX_PAGES, ToolListing } from './listing.ts'
import { orAbort } from './or-abort.ts'
import type { ServerSecrets } from './secrets.ts'
import { httpTransport, type OpenTransport, stdioTransport } from './transports.ts'

/** One way to reach a server. */
interface Way {
  readonly transport: 'stdio' | 'http' | 'sse'
  /** Whether to look for the revision of the protocol first, or to use one that begins with `initialize`. */
  readonly mode: 'auto' | 'legacy'
}

/** Options of a session, and its events for the connection that it belongs to. */
export interface SessionOptions {
  readonly options: McpOptions
  readonly secrets: ServerSecrets
  readonly authorization: Authorization | undefined
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Called when an attempt has begun, with a function that returns what the server's process wrote so far. */
  onStarted(stderr: () => string): void
  isRepeatable(tool: string): boolean
  /** Called with each secret that requests to the server contain. */
  onSecret(secret: string): void
  onToolsChanged(): void
  onChange(change: RelayedChange): void
  onClosed(session: Session): void
  onLog(message: { readonly level: string; readonly data: unknown; readonly logger?: string | undefined }): void
  /** Returns the contexts of the calls that are open at the server. */
  contexts(): readonly unknown[]
}

/** Settings of a request. */
export interface RequestSettings {
  readonly signal: AbortSignal
  readonly timeout: number
}

/** A tool call as a session makes it. */
export interface SessionCall extends RequestSettings {
  readonly tool: string
  /** Whether the call returns a task. */
  readonly isTask: boolean
  readonly input: Record<string, unknown>
  readonly onProgress?: ProgressCallback
}

/** Timeout of the version probe, which servers without version negotiation may never answer. */
const PROBE_TIMEOUT_MS = 5_000
const FAREWELL_MS = 1_000
const PING_TIMEOUT_MS = 5_000
const ANNOUNCED = { autoRefresh: false, debounceMs: 100 } as const
/** Bounds of the time between two questions for the state of a task. */
const MIN_POLL_MS = 50
const DEFAULT_POLL_MS = 1_000
const MAX_POLL_MS = 10_000
/** Number of times that a request is repeated with further scopes. */
const MAX_STEP_UPS = 2

/** Accepts every result: a mistake of a server in an unused part must not fail a call. */
const ANY = {
  '~standard': { version: 1 as const, vendor: 'glovebox', validate: (value: unknown) => ({ value }) },
}

/** Ways that worked, by command or URL. Later connections skip the ones that did not. */
const known = new Map<string, Way>()
const MAX_KNOWN = 1_000

/** One session with a server: an SDK client and its transport. */
export class Session {
  readonly client: Client
  readonly #opened: OpenTransport
  readonly #given: SessionOptions
  #listing = new ToolListing()
  #isClosed = false
  #ttlMs: number | undefined

  private constructor(client: Client, opened: OpenTransport, given: SessionOptions) {
    this.client = client
    this.#opened = opened
    this.#given = given
    const { transport } = opened
    // The SDK calls the handlers that a transport had before.
    transport.onmessage = (message) => this.#clean(message)
    transport.onclose = () => {
      if (this.#isClosed) return
      this.#isClosed = true
      given.onClosed(this)
    }
  }

  /**
   * Connects to a server in the first way that works.
   *
   * @throws the error of the last way
   */
  static async open(given: SessionOptions): Promise<Session> {
    const key = keyOf(given.options)
    const remembered = known.get(key)
    const ways = remembered === undefined ? waysTo(given.options) : [remembered]
    let last: unknown
    for (const way of ways) {
      try {
        const session = await Session.#connect(way, given)
        if (known.size >= MAX_KNOWN) known.clear()
        known.set(key, session.client.getProtocolEra() === 'modern' ? way : { ...way, mode: 'legacy' })
        return session
      } catch (error) {
        // The error of an older transport says less about a server that does not have it.
        if (last === undefined || way.transport !== 'sse') last = error
        if (given.signal.aborted || !mayHelp(error)) throw last
      }
    }
    // The server may have been replaced by another version.
    known.delete(key)
    if (remembered !== undefined) return await Session.open(given)
    throw last
  }

  static async #connect(way: Way, given: SessionOptions): Promise<Session> {
    const { options, timeoutMs, signal } = given
    const client = clientFor(way, given)
    let opened: OpenTransport
    let session: Session | undefined
    if (way.transport === 'stdio') opened = stdioTransport(options as McpStdioOptions, given.secrets)
    else
      opened = httpTransport(way.transport, options as McpHttpOptions, given.authorization, {
        isRepeatable: given.isRepeatable,
        onSecret: given.onSecret,
        onLost: () => session?.failOpenCalls(),
      })
    given.onStarted(() => opened.stderr())
    session = new Session(client, opened, given)
    const abort = () => void opened.transport.close()
    signal.addEventListener('abort', abort, { once: true })
    try {
      const connecting = withScopes(given.authorization, () =>
        client.connect(opened.transport, { timeout: timeoutMs, signal }),
      )
      // A process may start after the abort. A stream that never opens stays pending.
      await (way.transport === 'sse' ? orAbort(connecting, signal) : connecting)
      return session
    } catch (error) {
      const stderr = opened.stderr()
      await session.close()
      throw stderr === '' ? error : new WithStderr(error, stderr)
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  get protocol(): string {
    return this.client.getNegotiatedProtocolVersion() ?? ''
  }

  get warnings(): readonly string[] {
    return this.#listing.warnings
  }

  /** Time after which the tools should be listed again, in milliseconds. Undefined if the server does not say. */
  get ttlMs(): number | undefined {
    return this.#ttlMs
  }

  stderr(): string {
    return this.#opened.stderr()
  }

  /** @throws the SDK's error, or the signal's reason */
  async list(signal: AbortSignal): Promise<readonly ListedTool[]> {
    // The SDK would print to standard output.
    if (this.client.getServerCapabilities()?.tools === undefined) return []
    const { timeoutMs, authorization } = this.#given
    const { tools } = await withScopes(authorization, () => {
      this.#listing = new ToolListing()
      return this.client.listTools(undefined, { cacheMode: 'refresh', timeout: timeoutMs, signal })
    })
    // The SDK leaves out tools that cannot be called over HTTP.
    const callable = new Set(tools.map(({ name }) => name))
    return [...this.#listing.tools.values()].filter(({ name }) => callable.has(name))
  }

  /** @throws the SDK's error */
  async call({ tool, isTask, input, signal, timeout, onProgress }: SessionCall): Promise<unknown> {
    const params = { name: tool, arguments: input }
    const options = {
      signal,
      timeout,
      resetTimeoutOnProgress: true,
      ...(onProgress !== undefined && { onprogress: onProgress }),
    }
    const isLegacy = this.client.getProtocolEra() !== 'modern'
    const result: unknown = await withScopes(this.#given.authorization, () =>
      isLegacy
        ? this.client.request({ method: 'tools/call', params: isTask ? { ...params, task: {} } : params }, ANY, options)
        : this.client.callTool(params, options),
    )
    const task = isLegacy && isRecord(result) && isRecord(result.task) ? result.task : undefined
    return task === undefined ? result : await this.#resultOf(task, signal, timeout)
  }

  /**
   * Makes a request of another client. An answer that asks for input is returned as it is.
   *
   * @throws the SDK's error
   */
  async pass(
    method: string,
    params: Record<string, unknown>,
    { onProgress, ...given }: RequestSettings & { readonly onProgress?: ProgressCallback },
  ): Promise<Record<string, unknown>> {
    const options = {
      ...given,
      resetTimeoutOnProgress: true,
      allowInputRequired: true,
      ...(onProgress !== undefined && { onprogress: onProgress }),
    }
    const isModernCall = method === 'tools/call' && this.client.getProtocolEra() === 'modern'
    return (await withScopes(this.#given.authorization, () =>
      isModernCall
        ? this.client.callTool(params as { name: string }, options)
        : this.client.request({ method, params }, ANY, options),
    )) as Record<string, unknown>
  }

  /** Subscribes to a resource. Resolves to a function that ends it, unless the server has a request for that. */
  async subscribe(uri: string, options: Partial<RequestSettings>): Promise<(() => Promise<void>) | undefined> {
    if (this.client.getProtocolEra() !== 'modern') {
      await this.client.request({ method: 'resources/subscribe', params: { uri } }, ANY, options)
      return undefined
    }
    // Without the signal, which would end the subscription later.
    const opening = this.client.listen({ resourceSubscriptions: [uri] }, { timeout: this.#given.timeoutMs })
    const subscription = await (options.signal === undefined
      ? opening
      : orAbort(opening, options.signal, (late) => late.close()))
    return () => subscription.close()
  }

  /** Returns the tools that were listed last, as the server lists them. */
  rawTools(names: readonly string[]): readonly RawTool[] {
    return names.flatMap((name) => this.#listing.raw.get(name) ?? [])
  }

  /** Waits for a task to end, and fetches its result. */
  async #resultOf(started: Record<string, unknown>, call: AbortSignal, timeout: number): Promise<unknown> {
    const params = { taskId: String(started.taskId) }
    const signal = AbortSignal.any([call, AbortSignal.timeout(timeout)])
    const ask = async (method: string) =>
      (await this.client.request({ method, params }, ANY, { signal, timeout })) as Record<string, unknown>
    try {
      for (let task = started; task.status === 'working'; task = await ask('tasks/get')) {
        const { pollInterval: given } = task
        const ms = typeof given === 'number' ? given : DEFAULT_POLL_MS
        await delay(Math.min(Math.max(ms, MIN_POLL_MS), MAX_POLL_MS), undefined, { signal })
      }
      return await ask('tasks/result')
    } catch (error) {
      // The server may have ended it.
      if (signal.aborted) await this.client.request({ method: 'tasks/cancel', params }, ANY).catch(() => {})
      throw new TaskFailedError(error)
    }
  }

  /** Returns whether the server no longer knows the session, and so did not handle the request that failed. */
  async isLost(error: unknown): Promise<boolean> {
    const status = statusOf(error)
    const hasSession = (this.client.transport as { sessionId?: string } | undefined)?.sessionId !== undefined
    if (!hasSession || (status !== 404 && status !== 400)) return false
    if (status === 404) return true
    // Servers also answer 400 to a request that they do not accept.
    return await this.client.ping({ timeout: PING_TIMEOUT_MS }).then(
      () => false,
      (failure: unknown) => statusOf(failure) !== undefined,
    )
  }

  /** Fails the calls whose responses can no longer arrive. */
  failOpenCalls(): void {
    this.#given.onClosed(this)
  }

  /** Ends the session on the server, then the connection and the server's processes. */
  async close(): Promise<void> {
    const wasClosed = this.#isClosed
    this.#isClosed = true
    const { transport } = this.#opened
    await this.#opened.end(async () => {
      if (transport instanceof StreamableHTTPClientTransport && !wasClosed) {
        // A failure to end the session changes nothing.
        const given = delay(FAREWELL_MS, undefined, { ref: false })
        await Promise.race([Promise.allSettled([transport.terminateSession()]), given])
      }
      await this.client.close()
      await transport.close()
    })
  }

  /** Completes what is malformed in a message, before the SDK rejects all of it. */
  #clean(message: unknown): void {
    const answer = isRecord(message) ? message.result : undefined
    if (!isRecord(answer)) return
    const result: Record<string, unknown> = answer
    // The SDK would fail a call that has already had its effect.
    if (result.resultType === undefined && this.client.getProtocolEra() === 'modern') result.resultType = 'complete'
    if (!Array.isArray(result.tools)) return
    if (typeof result.ttlMs === 'number') this.#ttlMs = result.ttlMs
    const listing = this.#listing
    result.tools = result.tools.flatMap((raw: unknown) => {
      if (!listing.add(raw)) return []
      const { name, description, inputSchema, annotations } = listing.tools.get((raw as ListedTool).name) as ListedTool
      // Without the output schema, which the SDK would check after the call has had its effect.
      return [
        { name, ...(description !== undefined && { description }), inputSchema, ...(annotations && { annotations }) },
      ]
    })
  }
}

/** An error after a call has started its task. The call must not be made again. */
export class TaskFailedError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : 'The task failed', { cause })
  }
}

/** An error with what the server's process wrote before it. */
export class WithStderr extends Error {
  readonly stderr: string

  constructor(cause: unknown, stderr: string) {
    super('', { cause })
    this.stderr = stderr
  }
}

function clientFor({ mode }: Way, given: SessionOptions): Client {
  const { options, timeoutMs } = given
  const { name, onElicit, onSample, roots } = options
  const origin = (): ServerRequest => ({ server: name, contexts: given.contexts() })
  const capabilities: ClientCapabilities = {
    ...(onElicit !== undefined && { elicitation: { form: { applyDefaults: true }, url: {} } }),
    ...(onSample !== undefined && { sampling: {} }),
    ...(roots !== undefined && { roots: {} }),
  }
  const client = new Client(
    { name: 'glovebox', version: '0.0.0' },
    {
      capabilities,
      listMaxPages: MAX_PAGES,
      versionNegotiation:
        mode === 'legacy' ? { mode } : { mode, probe: { timeoutMs: Math.min(PROBE_TIMEOUT_MS, timeoutMs / 3) } },
      listChanged: {
        tools: { ...ANNOUNCED, onChanged: () => given.onToolsChanged() },
        prompts: { ...ANNOUNCED, onChanged: () => given.onChange({ type: 'prompts-changed' }) },
        resources: { ...ANNOUNCED, onChanged: () => given.onChange({ type: 'resources-changed' }) },
      },
    },
  )
  if (onElicit !== undefined)
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      const { message } = params
      const request: ElicitRequest =
        params.mode === 'url'
          ? { ...origin(), mode: 'url', message, url: params.url }
          : { ...origin(), mode: 'form', message, schema: params.requestedSchema }
      const answer = await onElicit(request)
      return answer.action === 'accept' ? { action: 'accept', content: { ...answer.content } } : answer
    })
  if (onSample !== undefined)
    client.setRequestHandler('sampling/createMessage', async ({ params }) => ({
      ...(await onSample({ ...origin(), params } satisfies SampleRequest)),
    }))
  if (roots !== undefined)
    client.setRequestHandler('roots/list', async () => ({
      roots: [...(typeof roots === 'function' ? await roots(origin()) : roots)],
    }))
  client.setNotificationHandler('notifications/message', ({ params }) => given.onLog(params))
  client.setNotificationHandler('notifications/resources/updated', ({ params: { uri } }) =>
    given.onChange({ type: 'resource-updated', uri }),
  )
  return client
}

/** Repeats a request that needs further scopes, once they are granted. */
async function withScopes<Result>(
  authorization: Authorization | undefined,
  request: () => Promise<Result>,
): Promise<Result> {
  for (let stepUps = 0; ; stepUps++) {
    try {
      return await request()
    } catch (error) {
      if (authorization === undefined || !(error instanceof InsufficientScopeError) || stepUps >= MAX_STEP_UPS)
        throw error
      await authorization.stepUp(error)
    }
  }
}

function waysTo(options: McpOptions): readonly Way[] {
  if (!('url' in options) || options.url === undefined) return MODES.map((mode) => ({ transport: 'stdio', mode }))
  const http = MODES.map((mode) => ({ transport: 'http', mode }) as const)
  const sse = { transport: 'sse', mode: 'legacy' } as const
  if (options.transport === undefined) return [...http, sse]
  return options.transport === 'sse' ? [sse] : http
}

const MODES = ['auto', 'legacy'] as const

function keyOf(options: McpOptions): string {
  if ('url' in options && options.url !== undefined) return JSON.stringify([String(options.url), options.transport])
  const { command, args = [] } = options as McpStdioOptions
  return JSON.stringify([command, args])
}

/** Whether another way to connect may succeed: the server was reached, and did not ask for authorization. */
function mayHelp(given: unknown): boolean {
  const error = given instanceof WithStderr ? given.cause : given
  if ([UnauthorizedError, InsufficientScopeError, McpError].some((kind) => error instanceof kind)) return false
  const status = statusOf(error)
  if (status === 401 || status === 403) return false
  return !isUnreachable(error)
}

/** Status of the HTTP response that is the reason of an error. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof SdkHttpError) return error.status
  return error instanceof SseError ? error.code : undefined
}

const SYSTEM_CODES = ['ENOENT', 'EACCES', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

/** Whether nothing was sent: the command does not exist, or no server listens. */
export function isUnreachable(error: unknown): boolean {
  for (let inner: unknown = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth++) {
    const { code } = inner as { code?: unknown }
    if (typeof code === 'string' && SYSTEM_CODES.includes(code)) return true
  }
  return false
}

/** Whether the connection ended, so that it is not known whether a request was handled. */
export function isClosedError(error: unknown): boolean {
  return error instanceof SdkError && (error.code === 'CONNECTION_CLOSED' || error.code === 'NOT_CONNECTED')
}
