import type { Client } from '@modelcontextprotocol/client'
import type { McpRelay, RawTool, RelayedChange, RelayOptions } from '../contract/relay.ts'
import { orAbort } from './or-abort.ts'
import type { RequestSettings, Session } from './session.ts'

/** Function that ends a subscription. Undefined for a server of the first generation, which has a request for that. */
type End = (() => Promise<void>) | undefined

/** Maximum time for a subscription in milliseconds. */
const SUBSCRIBE_MS = 30_000
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
  readonly #subscriptions = new Map<string, Promise<End>>()
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
    if (!this.#subscriptions.has(uri) && this.#subscriptions.size >= MAX_SUBSCRIPTIONS)
      throw new RangeError(`At most ${MAX_SUBSCRIPTIONS} resources can be subscribed to`)
    const known = this.#subscriptions.get(uri)
    const subscription = known ?? this.#begin(uri)
    await orAbort(subscription, signal)
  }

  /** Begins a subscription, which several clients may wait for. */
  #begin(uri: string): Promise<End> {
    const signal = AbortSignal.timeout(SUBSCRIBE_MS)
    const subscription = this.#inSession({ tool: undefined, signal }, (session, options) =>
      session.subscribe(uri, options),
    )
    this.#subscriptions.set(uri, subscription)
    subscription.catch(() => {
      if (this.#subscriptions.get(uri) === subscription) this.#subscriptions.delete(uri)
    })
    return subscription
  }

  async unsubscribe(uri: string, signal: AbortSignal): Promise<void> {
    const subscription = this.#subscriptions.get(uri)
    if (subscription === undefined) return
    this.#subscriptions.delete(uri)
    const end = await orAbort(subscription, signal)
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
    // What was listed before is that of another session, or nothing yet.
    if (this.capabilities.prompts !== undefined) this.announce({ type: 'prompts-changed' })
    if (this.capabilities.resources !== undefined) this.announce({ type: 'resources-changed' })
    for (const uri of this.#subscriptions.keys()) {
      const subscription = session.subscribe(uri, {})
      this.#subscriptions.set(uri, subscription)
      subscription.catch((error: unknown) => {
        if (this.#subscriptions.get(uri) === subscription) this.#subscriptions.delete(uri)
        onFailed(error)
      })
    }
  }

  clear(): void {
    this.#listeners.clear()
    this.#subscriptions.clear()
  }
}
