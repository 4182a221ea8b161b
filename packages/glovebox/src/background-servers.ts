import { type McpEvent, type McpOptions, type McpProvider, mcp } from '@glovebox/mcp'
import { clientCallbacks } from '@glovebox/mcp-server'
import type { Reporter } from './reporter.ts'
import type { Servers } from './session.ts'

/** Time for which lists wait for servers that are being started, in milliseconds. Some hosts give up after ten seconds. */
const LIST_MS = 8_000

/** Servers that are started in the background, so that a host does not wait for the slowest of them. */
export class BackgroundServers implements Servers {
  readonly failed = []
  readonly #settled = Promise.withResolvers<void>()
  readonly #listed = Promise.withResolvers<void>()
  #providers: readonly McpProvider[] = []

  get providers(): readonly McpProvider[] {
    return this.#providers
  }

  /** Resolves when each server has started or failed. Lists wait for some seconds only. */
  async ready(request: 'call' | 'list'): Promise<void> {
    await (request === 'call' ? this.#settled.promise : this.#listed.promise)
  }

  /** Starts to connect to servers. One that fails is named once, and tried again. */
  async connect(all: readonly McpOptions[], reporter: Reporter, signal: AbortSignal): Promise<this> {
    const waiting = new Set(all.map(({ name }) => name))
    const settle = (name: string) => {
      waiting.delete(name)
      if (waiting.size === 0) this.#settle()
    }
    const onEvent = (event: McpEvent) => {
      clientCallbacks.onEvent(event)
      // Programs do not wait until a person has logged in.
      if (event.type !== 'state' || event.state === 'connecting') return
      if (event.error !== undefined && waiting.has(event.server)) reporter.warning(event.error.message)
      settle(event.server)
    }
    if (waiting.size === 0) this.#settle()
    setTimeout(() => this.#listed.resolve(), LIST_MS).unref()
    this.#providers = await Promise.all(
      all.map((each) => mcp({ ...each, ...clientCallbacks, onEvent, background: true, signal })),
    )
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#settle()
    await Promise.all(this.#providers.map((provider) => provider.close()))
  }

  #settle(): void {
    this.#settled.resolve()
    this.#listed.resolve()
  }
}
