import { type Catalog, createCatalog } from './catalog.ts'
import { providersFrom, type ToolProvider, type ToolSource } from './provider.ts'

/** The catalog of tools that may change. Each catalog is a snapshot: after a change there is a new one. */
export class LiveCatalog {
  readonly #providers: readonly ToolProvider[]
  readonly #direct: readonly string[]
  readonly #listeners = new Set<() => void>()
  #stops: readonly (() => void)[] = []
  #current: Catalog | undefined
  /** Last catalog before a change, whose unchanged namespaces the next one uses again. */
  #previous: Catalog | undefined

  /**
   * @param direct names of tools that only the model can call, for error messages
   * @throws `TypeError` for an invalid source, or as {@link createCatalog}
   */
  constructor(sources: ToolSource | readonly ToolSource[], direct: readonly string[]) {
    this.#providers = providersFrom(sources)
    this.#direct = direct
    this.#current = createCatalog(this.#providers, direct)
  }

  /**
   * Catalog of the tools as they are now.
   *
   * @throws `TypeError` if the tools of a provider have changed to two with the same name
   */
  get current(): Catalog {
    this.#current ??= createCatalog(this.#providers, this.#direct, this.#previous)
    return this.#current
  }

  /** Starts to follow the providers. */
  follow(): void {
    this.#stops = this.#providers.flatMap((provider) => provider.onChange?.(() => this.#changed()) ?? [])
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

  #changed(): void {
    this.#previous = this.#current ?? this.#previous
    this.#current = undefined
    for (const listener of this.#listeners) listener()
  }
}
