import type { Client } from '@modelcontextprotocol/client'
import type { McpRelay, RawTool, RelayedChange, RelayOptions } from '../contract/relay.ts'
import type { RequestSettings, Session } from './session.ts'

/** Maximum number of subscriptions to resources of one server. */
const MAX_SUBSCRIPTIONS = 1_000

/** A request of another client. */
export interface RelayedCall {
  /** Tool that is called. Undefined for a request that changes nothing. */
  readonly tool: string | undefined
  readonly signal: AbortSignal
  readonly context?: unknown
}

/** Makes a request in an open session, and in a new one if the session was lost. */
type InSession = <Result>(
  call: RelayedCall,
  request: (session: Session, settings: RequestSettings) => Promise<Result>,
) => Promise<Result>

/** Implements {@link McpRelay} over the sessions of a connection. */
export class Relay implements McpRelay {
  readonly #inSession: InSession
  readonly #listeners = new Set<(change: RelayedChange) => void>()
  /** Functions that end a subscription, by resource. Undefined for a server of the first generation. */
  readonly #subscriptions = new Map<string, (() => Promise<void>) | undefined>()
  #session: Session | undefined
  capabilities: Readonly<Record<string, unknown>> = {}
  protocol = ''
  tools: readonly RawTool[] = []

  constructor(inSession: InSession) {
    this.#inSession = inSession
  }

  async request(
    method: string,
    params: Record<string, unknown>,
    { onProgress, ...options }: RelayOptions,
  ): Promise<Record<string, unknown>> {
    const tool = method === 'tools/call' ? String(params.name) : undefined
    return await this.#inSession({ tool, ...options }, (session, settings) =>
      session.pass(method, params, { ...settings, ...(onProgress !== undefined && { onProgress }) }),
    )
  }

  async subscribe(uri: string, signal: AbortSignal): Promise<void> {
    if (this.#subscriptions.has(uri)) return
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS)
      throw new RangeError(`At most ${MAX_SUBSCRIPTIONS} resources can be subscribed to`)
    this.#subscriptions.set(uri, undefined)
    try {
      await this.#inSession({ tool: undefined, signal }, async (session, options) => {
        this.#subscriptions.set(uri, await session.subscribe(uri, options))
      })
    } catch (error) {
      this.#subscriptions.delete(uri)
      throw error
    }
  }

  async unsubscribe(uri: string, signal: AbortSignal): Promise<void> {
    const end = this.#subscriptions.get(uri)
    if (!this.#subscriptions.delete(uri)) return
    if (end !== undefined) await end()
    else await this.request('resources/unsubscribe', { uri }, { signal })
  }

  onChange(listener: (change: RelayedChange) => void): () => void {
    const own = (change: RelayedChange) => listener(change)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  announce(change: RelayedChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  /** Takes over what a server lists, and subscribes again in a new session. */
  update(session: Session, client: Client, tools: readonly RawTool[], onFailed: (error: unknown) => void): void {
    this.capabilities = client.getServerCapabilities() ?? {}
    this.protocol = session.protocol
    this.tools = tools
    if (session === this.#session) return
    this.#session = session
    for (const uri of this.#subscriptions.keys())
      session.subscribe(uri, {}).then((end) => {
        if (this.#subscriptions.has(uri)) this.#subscriptions.set(uri, end)
        else void end?.()
      }, onFailed)
  }

  clear(): void {
    this.#listeners.clear()
    this.#subscriptions.clear()
  }
}
