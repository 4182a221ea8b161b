/** Definition of a tool as its server lists it. */
export type RawTool = Readonly<Record<string, unknown>> & { readonly name: string }

/** Options of {@link McpRelay.request}. */
export interface RelayOptions {
  /** Cancels the request. */
  readonly signal: AbortSignal
  /** Value that `onElicit`, `onSample` and `roots` receive if the server asks something meanwhile. Default: none. */
  readonly context?: unknown
  /** Receives the progress that the server reports. */
  readonly onProgress?: (progress: McpProgress) => void
}

/** Progress of a request. */
export interface McpProgress {
  readonly progress: number
  readonly total?: number | undefined
  readonly message?: string | undefined
}

/**
 * A change that a server announces. `resource-updated` concerns a resource that was subscribed to. Changes of tools are
 * announced by `onChange` of the provider.
 */
export type RelayedChange =
  | { readonly type: 'prompts-changed' | 'resources-changed' }
  | { readonly type: 'resource-updated'; readonly uri: string }

/** Passes requests of other clients of the Model Context Protocol on to a server. */
export interface McpRelay {
  /** Capabilities that the server declares. Empty until it was connected once. */
  readonly capabilities: Readonly<Record<string, unknown>>
  /** Revision of the protocol. Empty until it was connected once. */
  readonly protocol: string
  /** The tools that are provided, as the server lists them. */
  readonly tools: readonly RawTool[]
  /**
   * Makes a request. An answer that asks for input, as servers of the revision of 2026-07-28 give it, is returned as it is.
   *
   * @param method such as `tools/call`
   * @param params as the protocol defines them. In `_meta`, the capabilities of a client replace those of this one.
   * @throws `ToolCallError` if the server is not available, an error with the server's `code`, or the signal's reason
   */
  request(method: string, params: Record<string, unknown>, options: RelayOptions): Promise<Record<string, unknown>>
  /**
   * Subscribes to a resource, also after the connection was lost. Its updates are announced to the listeners.
   *
   * @throws as `request`, and `RangeError` for more than a thousand subscriptions
   */
  subscribe(uri: string, signal: AbortSignal): Promise<void>
  /** Ends a subscription. Without effect if there is none. */
  unsubscribe(uri: string, signal: AbortSignal): Promise<void>
  /** Calls a function for each change. Returns a function that ends this. */
  onChange(listener: (change: RelayedChange) => void): () => void
}
