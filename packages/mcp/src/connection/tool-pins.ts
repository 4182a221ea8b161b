import { isRecord } from '@glovebox/core/framework'
import type { TokenStore } from '../contract/auth.ts'
import type { HeldTool, ToolDefinition } from '../contract/events.ts'
import type { ListedTool } from './listing.ts'

type Allowed = Readonly<Record<string, ToolDefinition>>

/** Holds back the tools of a server that differ from those that were allowed. */
export class ToolPins {
  readonly #store: Pick<TokenStore, 'get' | 'set'>
  readonly #key: string
  #held: readonly HeldTool[] = []

  constructor(store: Pick<TokenStore, 'get' | 'set'>, server: string) {
    this.#store = store
    this.#key = `tools of ${server}`
  }

  get held(): readonly HeldTool[] {
    return this.#held
  }

  /** Returns the tools that are allowed. All are, the first time. */
  async select(listed: readonly ListedTool[]): Promise<readonly ListedTool[]> {
    const allowed = await this.#read()
    if (allowed === undefined) {
      await this.#write(Object.fromEntries(listed.map((tool) => [tool.name, definitionOf(tool)])))
      return listed
    }
    const held: HeldTool[] = []
    const selected = listed.filter((tool) => {
      const before = Object.hasOwn(allowed, tool.name) ? allowed[tool.name] : undefined
      const after = definitionOf(tool)
      if (before !== undefined && canonical(before) === canonical(after)) return true
      held.push({ tool: tool.name, ...(before !== undefined && { before }), after })
      return false
    })
    this.#held = held
    return selected
  }

  async allow(tools: readonly string[] | undefined): Promise<void> {
    const chosen = this.#held.filter(({ tool }) => tools?.includes(tool) !== false)
    await this.#write({
      ...(await this.#read()),
      ...Object.fromEntries(chosen.map(({ tool, after }) => [tool, after])),
    })
  }

  async #read(): Promise<Allowed | undefined> {
    const text = await this.#store.get(this.#key)
    return text === undefined ? undefined : (JSON.parse(text) as Allowed)
  }

  async #write(allowed: Allowed): Promise<void> {
    await this.#store.set(this.#key, JSON.stringify(allowed))
  }
}

function definitionOf({ description, inputSchema, outputSchema, annotations }: ListedTool): ToolDefinition {
  return {
    ...(description !== undefined && { description }),
    inputSchema,
    ...(outputSchema !== undefined && { outputSchema }),
    ...(annotations !== undefined && { annotations }),
  }
}

/** Returns JSON in which the order of keys does not matter: some servers list them in another order each time. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
