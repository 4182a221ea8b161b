import type { CodeMode, FoundTool } from '@glovebox/core'
import { compileWildcard, identifierFor } from '@glovebox/core/framework'
import type { McpProvider, RawTool } from '@glovebox/mcp'
import {
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  isInputRequiredResult,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  type ServerCapabilities,
} from '@modelcontextprotocol/server'
import type { ClientRequest } from './client-request.ts'
import type { PassedState } from './worked.ts'

/** A server whose parts clients see as they are. */
export type PassedServer = Pick<McpProvider, 'name' | 'relay'>

/** Settings of {@link PassThrough}. */
export interface PassThroughSettings {
  readonly servers: readonly PassedServer[]
  /** Tools that clients see, as patterns of `server.tool`. */
  readonly tools: readonly string[]
  /** Its rules keep tools from being passed. */
  readonly codeMode: Pick<CodeMode, 'list'>
  onError(error: unknown): void
}

/** Request of a client for one of the servers. */
interface PassedRequest {
  readonly method: string
  readonly params: Record<string, unknown>
  /** State that the client sent back. */
  readonly state?: PassedState | undefined
  readonly request: ClientRequest
}

/** Result of a server, or what it asks, with the state that it wants back. */
type Passed =
  | { readonly result: Record<string, unknown> }
  | { readonly ask: InputRequiredResult; readonly passed?: PassedState }

/** Lists that the servers have, with the key of the items and of their names. */
const LISTS = {
  'prompts/list': { items: 'prompts', id: 'name', capability: 'prompts' },
  'resources/list': { items: 'resources', id: 'uri', capability: 'resources' },
  'resources/templates/list': { items: 'resourceTemplates', id: 'uriTemplate', capability: 'resources' },
} as const
export type ListMethod = keyof typeof LISTS

/** Time after which a server that does not list is left out, in milliseconds. */
const LIST_MS = 5_000
/** Maximum number of names that are remembered of each kind. */
const MAX_NAMES = 100_000
/** First revision without sessions: the level of the log is part of each request. */
const STATELESS = '2026-07-28'

/** Joins the tools, resources, prompts, completions and logs of several servers, under their own names. */
export class PassThrough {
  readonly #settings: PassThroughSettings
  readonly #isPassed: (path: string) => boolean
  readonly #names: Record<'tools/list' | ListMethod, Names> = {
    'tools/list': new Names('_'),
    'prompts/list': new Names('.'),
    'resources/list': new Names(undefined),
    'resources/templates/list': new Names(undefined),
  }

  constructor(settings: PassThroughSettings) {
    this.#settings = settings
    const patterns = settings.tools.map(compileWildcard)
    this.#isPassed = (path) => patterns.some((matches) => matches(path))
  }

  /** Capabilities beside the tools. A server that is not connected yet may have everything. */
  get capabilities(): ServerCapabilities {
    const some = (has: (each: ServerCapabilities) => unknown) =>
      this.#settings.servers.some(({ relay }) => relay.protocol === '' || has(relay.capabilities))
    return {
      resources: { listChanged: true, ...(some(({ resources }) => resources?.subscribe) && { subscribe: true }) },
      ...(some(({ prompts }) => prompts) && { prompts: { listChanged: true } }),
      ...(some(({ completions }) => completions) && { completions: {} }),
      ...(some(({ logging }) => logging) && { logging: {} }),
    }
  }

  /** Lists the tools that clients see. */
  tools(): RawTool[] {
    const withRules = this.#toolsWithRules()
    return this.#settings.servers.flatMap(({ name: server, relay }) =>
      relay.tools
        .filter((tool) => this.#isPassed(`${server}.${tool.name}`) && !withRules.has(`${server}.${tool.name}`))
        .flatMap((tool) => {
          const { execution, ...rest } = tool as RawTool & { readonly execution?: { readonly taskSupport?: unknown } }
          if (execution?.taskSupport === 'required') return []
          return [{ ...rest, name: this.#names['tools/list'].add(server, tool.name) }]
        }),
    )
  }

  /** Calls a tool. Returns undefined if clients do not see it. */
  async call(passed: PassedRequest): Promise<{ readonly tool: RawTool; readonly answer: Passed } | undefined> {
    const tool = this.tools().find(({ name }) => name === passed.params.name)
    const owner = tool && this.#names['tools/list'].find(tool.name)
    if (tool === undefined || owner === undefined) return undefined
    const answer = await this.#pass(owner.server, { ...passed, params: { ...passed.params, name: owner.name } })
    return { tool, answer }
  }

  /** Lists a page of each server. A server that fails or is slow is left out. */
  async list(method: ListMethod, cursor: string | undefined, request: ClientRequest): Promise<Record<string, unknown>> {
    const { items, id, capability } = LISTS[method]
    const able = this.#settings.servers.filter(({ relay }) => relay.capabilities[capability] !== undefined)
    const cursors = cursor === undefined ? undefined : cursorsIn(cursor)
    const wanted = cursors === undefined ? able : able.filter(({ name }) => Object.hasOwn(cursors, name))
    const pages = await Promise.all(
      wanted.map(async ({ name }) => ({ name, page: await this.#page(name, method, cursors?.[name], request) })),
    )
    const names = this.#names[method]
    const next = Object.fromEntries(
      pages.flatMap(({ name, page }) => (typeof page.nextCursor === 'string' ? [[name, page.nextCursor]] : [])),
    )
    return {
      [items]: pages.flatMap(({ name, page }) =>
        (Array.isArray(page[items]) ? (page[items] as Record<string, unknown>[]) : []).map((item) => ({
          ...item,
          [id]: names.add(name, String(item[id])),
        })),
      ),
      ...(Object.keys(next).length > 0 && { nextCursor: Buffer.from(JSON.stringify(next)).toString('base64url') }),
    }
  }

  /** @throws the server's error, or `ProtocolError` for an unknown prompt */
  async prompt(passed: PassedRequest): Promise<Passed> {
    const owner = await this.#promptOwner(String(passed.params.name), passed.request)
    return await this.#pass(owner.server, { ...passed, params: { ...passed.params, name: owner.name } })
  }

  /** @throws the server's error, or `ProtocolError` for a resource that no server has */
  async read(passed: PassedRequest): Promise<Passed> {
    const { uri } = passed.params
    const servers = this.#serversOf(String(uri), passed.state?.server)
    const attempts = servers.map((server) => this.#pass(server, passed))
    try {
      return await Promise.any(attempts)
    } catch (error) {
      passed.request.signal.throwIfAborted()
      if (error instanceof AggregateError && error.errors.length > 0) throw error.errors[0]
      throw noResource(uri)
    }
  }

  /** @throws the server's error, or `ProtocolError` for a resource that no server has */
  async subscribe(uri: string, isWanted: boolean, signal: AbortSignal): Promise<void> {
    const [server] = this.#serversOf(uri)
    if (server === undefined) throw noResource(uri)
    const { relay } = this.#find(server)
    await (isWanted ? relay.subscribe(uri, signal) : relay.unsubscribe(uri, signal)).catch(rethrow)
  }

  /** @throws the server's error, or `ProtocolError` for an unknown prompt or template */
  async complete(passed: PassedRequest): Promise<Record<string, unknown>> {
    const { server, params } = await this.#completer(passed)
    return withoutCacheHints(await this.#request(server, { ...passed, params }))
  }

  async #completer({
    params,
    request,
  }: PassedRequest): Promise<{ readonly server: string; readonly params: Record<string, unknown> }> {
    const ref = params.ref as { readonly type: string; readonly name?: string; readonly uri?: string }
    if (ref.type === 'ref/prompt') {
      const { server, name } = await this.#promptOwner(String(ref.name), request)
      return { server, params: { ...params, ref: { ...ref, name } } }
    }
    const uri = String(ref.uri)
    const owner = this.#names['resources/templates/list'].find(uri)
    const [server] = owner === undefined ? this.#serversOf(uri) : [owner.server]
    if (server === undefined) throw noResource(uri)
    return { server, params }
  }

  /** Sets the level below which servers of the first generation do not write to the log. */
  async setLogLevel(level: string, request: ClientRequest): Promise<void> {
    const params = { level }
    const able = this.#settings.servers.filter(
      ({ relay }) => relay.capabilities.logging !== undefined && relay.protocol < STATELESS,
    )
    await Promise.all(
      able.map(({ relay }) =>
        relay
          .request('logging/setLevel', params, { signal: request.signal, context: request })
          .catch((error) => this.#settings.onError(error)),
      ),
    )
  }

  /** Returns the tools, as `server.tool`, about which a rule asks, or that it denies. */
  #toolsWithRules(): ReadonlySet<string> {
    const { servers, tools, codeMode } = this.#settings
    if (tools.length === 0) return new Set()
    return new Set(
      servers.flatMap(({ name: server }) =>
        listAll(codeMode, identifierFor(server))
          .filter(({ approval }) => approval !== undefined)
          .map(({ name }) => `${server}.${name}`),
      ),
    )
  }

  async #promptOwner(name: string, request: ClientRequest): Promise<Owner> {
    const names = this.#names['prompts/list']
    if (names.find(name) === undefined) await this.list('prompts/list', undefined, request)
    const owner = names.find(name)
    if (owner !== undefined) return owner
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no prompt ${JSON.stringify(name.slice(0, 100))}`)
  }

  /** Returns the server that listed a resource, else all that have resources. */
  #serversOf(uri: string, known = this.#names['resources/list'].find(uri)?.server): readonly string[] {
    if (known !== undefined) return [known]
    return this.#settings.servers
      .filter(({ relay }) => relay.capabilities.resources !== undefined)
      .map(({ name }) => name)
  }

  #find(server: string): PassedServer {
    const found = this.#settings.servers.find(({ name }) => name === server)
    if (found !== undefined) return found
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'The server is no longer served')
  }

  async #page(
    server: string,
    method: ListMethod,
    cursor: string | undefined,
    { signal }: ClientRequest,
  ): Promise<Record<string, unknown>> {
    const { relay } = this.#find(server)
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)])
    try {
      return await relay.request(method, cursor === undefined ? {} : { cursor }, { signal: bounded })
    } catch (error) {
      signal.throwIfAborted()
      this.#settings.onError(error)
      return {}
    }
  }

  async #pass(server: string, passed: PassedRequest): Promise<Passed> {
    const result = await this.#request(server, passed)
    if (!isInputRequiredResult(result)) return { result: withoutCacheHints(result) }
    const { requestState } = result
    return requestState === undefined ? { ask: result } : { ask: result, passed: { server, state: requestState } }
  }

  /** @throws the server's error, with its code */
  async #request(server: string, { method, params, state, request }: PassedRequest): Promise<Record<string, unknown>> {
    const { relay } = this.#find(server)
    const { mcpReq } = request.context
    const { progressToken: _, ...meta } = mcpReq._meta ?? {}
    const { elicitation, sampling, roots } = request.capabilities
    const isStateless = relay.protocol >= STATELESS
    const passed = {
      ...params,
      ...(state !== undefined && { requestState: state.state }),
      ...(request.inputResponses !== undefined && { inputResponses: request.inputResponses }),
      _meta: {
        ...meta,
        ...(isStateless && {
          // The server may ask exactly what this client can answer.
          [CLIENT_CAPABILITIES_META_KEY]: {
            ...(elicitation !== undefined && { elicitation }),
            ...(sampling !== undefined && { sampling }),
            ...(roots !== undefined && { roots }),
          },
          ...(request.logLevel !== undefined && { [LOG_LEVEL_META_KEY]: request.logLevel }),
        }),
      },
    }
    return await relay
      .request(method, passed, {
        signal: request.signal,
        context: request,
        onProgress: (progress) => request.report(progress),
      })
      .catch(rethrow)
  }
}

interface Owner {
  readonly server: string
  /** Name at the server. */
  readonly name: string
}

/** Names of one kind, and the servers to which they belong. The first server keeps a name that several have. */
class Names {
  readonly #owners = new Map<string, Owner>()
  /** Stands between the name of a server and a name that another server has. Undefined for names that cannot change. */
  readonly #separator: string | undefined

  constructor(separator: string | undefined) {
    this.#separator = separator
  }

  /** Returns the name under which clients see a name of a server. */
  add(server: string, name: string): string {
    const owner = this.#owners.get(name)
    const isTaken = owner !== undefined && owner.server !== server
    if (isTaken && this.#separator === undefined) return name
    const seen = isTaken ? `${server}${this.#separator}${name}` : name
    if (this.#owners.size >= MAX_NAMES) this.#owners.clear()
    this.#owners.set(seen, { server, name })
    return seen
  }

  find(seen: string): Owner | undefined {
    return this.#owners.get(seen)
  }
}

function listAll(codeMode: Pick<CodeMode, 'list'>, namespace: string): FoundTool[] {
  const found: FoundTool[] = []
  for (;;) {
    const { items, total } = codeMode.list({ namespace, offset: found.length })
    found.push(...items)
    if (items.length === 0 || found.length >= total) return found
  }
}

/** Maximum length of a cursor, in characters. */
const MAX_CURSOR = 100_000

/** @throws `ProtocolError` for a cursor that is not ours */
function cursorsIn(cursor: string): Record<string, string> {
  try {
    if (cursor.length > MAX_CURSOR) throw new SyntaxError('too long')
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (typeof value !== 'object' || value === null) throw new SyntaxError('no object')
    return value as Record<string, string>
  } catch (error) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid cursor', { cause: (error as Error).message })
  }
}

/** Hints about caching are those of one client, which the server does not know. */
const withoutCacheHints = ({ ttlMs: _, cacheScope: __, ...result }: Record<string, unknown>): Record<string, unknown> =>
  result

const noResource = (uri: unknown): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no resource ${String(uri).slice(0, 200)}`, { uri })

/** Rethrows the error of a server with its code, so that clients get it as the server gave it. */
function rethrow(error: unknown): never {
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown }
  if (Number.isSafeInteger(code)) throw new ProtocolError(code as number, String(message), data)
  throw error
}
