import { type Catalog, createCatalog } from './catalog.ts'
import type { ObservedIn } from './namespace.ts'
import { providersFrom, type ToolProvider, type ToolSource } from './provider.ts'

/** The outputs of tools that declare none, as they were observed. */
export interface ObservedOutputs {
  readonly observed: ObservedIn
  /** Calls `listener` each time after an observed output has changed. */
  onChange(listener: () => void): void
}

/** The catalog of tools that may change. Each catalog is a snapshot: after a change there is a new one. */
export class LiveCatalog {
  readonly #providers: readonly ToolProvider[]
  readonly #direct: readonly string[]
  readonly #outputs: ObservedOutputs | undefined
  readonly #listeners = new Set<() => void>()
  #stops: readonly (() => void)[] = []
  #current: Catalog | undefined
  /** Last catalog before a change, whose unchanged namespaces the next one uses again. */
  #previous: Catalog | undefined

  /**
   * @param direct names of tools that only the model can call, for error messages
   * @param outputs what was observed of outputs. Default: nothing
   * @throws `TypeError` for an invalid source, or as {@link createCatalog}
   */
  constructor(sources: ToolSource | readonly ToolSource[], direct: readonly string[], outputs?: ObservedOutputs) {
    this.#providers = providersFrom(sources)
    this.#direct = direct
    this.#outputs = outputs
    this.#current = this.#create()
  }

  /**
   * Catalog of the tools as they are now.
   *
   * @throws `TypeError` if the tools of a provider have changed to two with the same name
   */
  get current(): Catalog {
    this.#current ??= this.#create()
    return this.#current
  }

  #create(): Catalog {
    return createCatalog(this.#providers, this.#direct, this.#previous, this.#outputs?.observed)
  }

  /** Starts to follow the providers, and what is observed. */
  follow(): void {
    this.#stops = this.#providers.flatMap((provider) => provider.onChange?.(() => this.#changed()) ?? [])
    // The tools are the same, so no listener is called.
    this.#outputs?.onChange(() => this.#forget())
  }

  /** Calls `listener` after each change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  /** Stops following the providers. */
  close(): void {
    for (const stop of this.#stops) stop()
    this.#listeners.clear()
  }

  #forget(): void {
    this.#previous = this.#current ?? this.#previous
    this.#current = undefined
  }

  #changed(): void {
    this.#forget()
    for (const listener of this.#listeners) listener()
  }
}
