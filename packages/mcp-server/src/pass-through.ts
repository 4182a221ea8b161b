import type { CodeMode, FoundTool } from '@glovebox/core'
import { compileWildcard, identifierFor } from '@glovebox/core/framework'
import type { McpProvider, RawTool } from '@glovebox/mcp'
import {
  CLIENT_CAPABILITIES_META_KEY,
  type InputRequiredResult,
  isInputRequiredResult,
  isSpecType,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  type ServerCapabilities,
  UriTemplate,
} from '@modelcontextprotocol/server'
import type { ClientRequest } from './client-request.ts'
import { Names, type Owner } from './names.ts'
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
  /** Names of the tools of the gateway itself. */
  readonly reserved: readonly string[]
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
  'prompts/list': { items: 'prompts', id: 'name', capability: 'prompts', isItem: isSpecType.Prompt },
  'resources/list': { items: 'resources', id: 'uri', capability: 'resources', isItem: isSpecType.Resource },
  'resources/templates/list': {
    items: 'resourceTemplates',
    id: 'uriTemplate',
    capability: 'resources',
    isItem: isSpecType.ResourceTemplate,
  },
} as const
export type ListMethod = keyof typeof LISTS

/** Time after which a server that does not list is left out, in milliseconds. */
const LIST_MS = 5_000
/** Maximum number of pages that are listed to find a name. */
const MAX_PAGES = 20
/** First revision without sessions: the level of the log is part of each request. */
const STATELESS = '2026-07-28'

/** Joins the tools, resources, prompts, completions and logs of several servers, under their own names. */
export class PassThrough {
  readonly #settings: PassThroughSettings
  readonly #isPassed: (path: string) => boolean
  readonly #names: Readonly<Record<'tools/list' | ListMethod, Names>>
  #free: ReadonlySet<string> | undefined

  constructor(settings: PassThroughSettings) {
    this.#settings = settings
    const patterns = settings.tools.map(compileWildcard)
    this.#isPassed = (path) => patterns.some((matches) => matches(path))
    this.#names = {
      'tools/list': new Names('_', settings.reserved),
      'prompts/list': new Names('.'),
      'resources/list': new Names(undefined),
      'resources/templates/list': new Names(undefined),
    }
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
    if (this.#settings.tools.length === 0) return []
    this.#free ??= this.#toolsWithoutRules()
    const free = this.#free
    return this.#settings.servers.flatMap(({ name: server, relay }) =>
      relay.tools.flatMap((tool) => {
        if (!this.#isPassed(`${server}.${tool.name}`) || !free.has(keyOf(server, tool.name))) return []
        const { execution, ...rest } = tool as RawTool & { readonly execution?: { readonly taskSupport?: unknown } }
        if (execution?.taskSupport === 'required') return []
        const name = this.#names['tools/list'].add(server, tool.name)
        // A malformed tool would cost clients the whole list.
        return name === undefined || !isSpecType.Tool(rest) ? [] : [{ ...rest, name }]
      }),
    )
  }

  /** Forgets to which tools rules apply, since the tools have changed. */
  toolsChanged(): void {
    this.#free = undefined
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
    const { items, id, capability, isItem } = LISTS[method]
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
    const itemsOf = (name: string, page: Record<string, unknown>): object[] => {
      const listed = page[items]
      return (Array.isArray(listed) ? listed : []).flatMap((item: unknown) => {
        // A malformed item would cost clients the items of all servers.
        const seen = isItem(item) ? names.add(name, String((item as Record<string, unknown>)[id])) : undefined
        return seen === undefined ? [] : [{ ...(item as object), [id]: seen }]
      })
    }
    return {
      [items]: pages.flatMap(({ name, page }) => itemsOf(name, page)),
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
    const uri = String(passed.params.uri)
    const servers = passed.state === undefined ? await this.#serversOf(uri, passed.request) : [passed.state.server]
    let first: unknown
    // One after the other, so that no more servers than needed see an address.
    for (const server of servers) {
      try {
        return await this.#pass(server, passed)
      } catch (error) {
        passed.request.signal.throwIfAborted()
        first ??= error
      }
    }
    throw first ?? noResource(uri)
  }

  /** @throws the server's error, or `ProtocolError` for a resource that no server has */
  async subscribe(uri: string, request: ClientRequest): Promise<PassedServer> {
    const [name] = await this.#serversOf(uri, request)
    if (name === undefined) throw noResource(uri)
    const server = this.#find(name)
    await server.relay.subscribe(uri, request.signal).catch(rethrow)
    return server
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
    const [server] = owner === undefined ? await this.#serversOf(uri, request) : [owner.server]
    if (server === undefined) throw noResource(uri)
    return { server, params }
  }

  /** Sets the level below which servers of the first generation do not write to the log. */
  async setLogLevel(level: string, request: ClientRequest): Promise<void> {
    const params = { level }
    const able = this.#settings.servers.filter(
      ({ relay }) => relay.capabilities.logging !== undefined && relay.protocol < STATELESS,
    )
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(LIST_MS)])
    await Promise.all(
      able.map(({ relay }) =>
        relay
          .request('logging/setLevel', params, { signal, context: request })
          .catch((error) => this.#settings.onError(error)),
      ),
    )
  }

  /** Returns the tools of the code mode to which no rule applies. Those that it does not have are not among them. */
  #toolsWithoutRules(): ReadonlySet<string> {
    const byName = Map.groupBy(listAll(this.#settings.codeMode), ({ name }) => name)
    const isFree = (server: string, tool: string) => {
      // Servers whose names give the same identifier are told apart by a number. A rule for one holds for all.
      const identifier = identifierFor(server)
      const isOf = ({ namespace }: FoundTool) =>
        namespace.startsWith(identifier) && /^(?:_\d+)?$/.test(namespace.slice(identifier.length))
      const found = (byName.get(tool) ?? []).filter(isOf)
      return found.length > 0 && found.every(({ approval }) => approval === undefined)
    }
    return new Set(
      this.#settings.servers.flatMap(({ name: server, relay }) =>
        relay.tools.flatMap(({ name }) => (isFree(server, name) ? [keyOf(server, name)] : [])),
      ),
    )
  }

  async #promptOwner(name: string, request: ClientRequest): Promise<Owner> {
    const names = this.#names['prompts/list']
    await this.#listUntil('prompts/list', request, () => names.find(name) !== undefined)
    const owner = names.find(name)
    if (owner !== undefined) return owner
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no prompt ${JSON.stringify(name.slice(0, 100))}`)
  }

  /**
   * Returns the servers that may have a resource: the one that listed it, those with a matching template, those that listed
   * resources with the same scheme, or all.
   */
  async #serversOf(uri: string, request: ClientRequest): Promise<readonly string[]> {
    const resources = this.#names['resources/list']
    const templates = this.#names['resources/templates/list']
    const known = () => resources.find(uri)?.server
    if (known() === undefined) {
      await this.#listUntil('resources/list', request, () => known() !== undefined)
      if (known() === undefined) await this.#listUntil('resources/templates/list', request, () => false)
    }
    const listed = known()
    if (listed !== undefined) return [listed]
    const [scheme = ''] = /^[^:]*:/.exec(uri) ?? []
    const owners = (names: Names, fits: (seen: string) => boolean) =>
      [...names.all()].filter(([seen]) => fits(seen)).map(([, { server }]) => server)
    const matching = owners(templates, (template) => matches(template, uri))
    const sameScheme = [resources, templates].flatMap((names) => owners(names, (seen) => seen.startsWith(scheme)))
    const able = this.#settings.servers.filter(({ relay }) => relay.capabilities.resources !== undefined)
    const chosen = [matching, sameScheme, able.map(({ name }) => name)].find(({ length }) => length > 0) ?? []
    return [...new Set(chosen)]
  }

  /** Lists page by page until a condition holds. */
  async #listUntil(method: ListMethod, request: ClientRequest, isFound: () => boolean): Promise<void> {
    let cursor: string | undefined
    for (let page = 0; page < MAX_PAGES && !isFound(); page++) {
      const { nextCursor } = await this.list(method, cursor, request)
      if (typeof nextCursor !== 'string') return
      cursor = nextCursor
    }
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
    // A task of a client is one of the gateway.
    const { task: __, ...own } = params
    const { elicitation, sampling, roots } = request.capabilities
    const isStateless = relay.protocol >= STATELESS
    const passed = {
      ...own,
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

function listAll(codeMode: Pick<CodeMode, 'list'>): FoundTool[] {
  const found: FoundTool[] = []
  for (;;) {
    const { items, total } = codeMode.list({ limit: 200, offset: found.length })
    found.push(...items)
    if (items.length === 0 || found.length >= total) return found
  }
}

const keyOf = (server: string, tool: string): string => JSON.stringify([server, tool])

function matches(template: string, uri: string): boolean {
  try {
    return new UriTemplate(template).match(uri) !== null
  } catch {
    // The server sent an invalid template.
    return false
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
