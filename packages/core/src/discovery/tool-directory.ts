import type { Catalog } from '../catalog/catalog.ts'
import type { CatalogTool, Namespace } from '../catalog/namespace.ts'
import { declarationsOf } from '../declarations/declarations.ts'
import { outlineOf } from '../declarations/outline.ts'
import { summaryOf } from '../declarations/short-text.ts'
import type { ToolIndex } from '../search/tool-index.ts'
import { inOneLine } from '../values/one-line.ts'
import { noSuchTool } from './missing-tool.ts'
import { type Chosen, parseList, parsePaths, parseSearch, type SearchQuery } from './queries.ts'
import { documentOf } from './tool-document.ts'

/** Effects of a tool, as its annotations claim. */
export type ToolEffects = 'read-only' | 'idempotent' | 'destructive' | 'unknown'

/** A tool that was found. */
export interface FoundTool {
  /** Path that programs call, as `namespace.tool`. */
  readonly path: string
  readonly namespace: string
  /** Original name of the tool. */
  readonly name: string
  /** Start of the description on one line: at most 160 characters, cut at the end of a sentence if possible. */
  readonly summary: string
  /** Parameters and keys of the result, unless only names were asked for. */
  readonly signature?: string
  /** TypeScript declaration, if full detail was asked for. */
  readonly declaration?: string
  readonly effects: ToolEffects
  /**
   * Set if the host's rules ask about calls of the tool, or deny them. Rules that look at inputs are assumed to ask, and not
   * to deny.
   */
  readonly approval?: 'ask' | 'deny'
}

/** A page of tools. */
export interface FoundTools {
  readonly items: readonly FoundTool[]
  /** Number of tools on all pages. */
  readonly total: number
  /** Words of the query that no tool has. Empty for a list. */
  readonly unmatched: readonly string[]
}

/** A tool as the hook `rank` gets it. */
export interface RankedTool {
  readonly path: string
  readonly name: string
  readonly description: string | undefined
}

/**
 * Ranks tools instead of the built-in search, for hosts with embeddings. Returns paths, the best first; tools that do not
 * fit are left out.
 */
export type Rank = (
  query: string,
  tools: readonly RankedTool[],
  options: { readonly signal: AbortSignal | undefined },
) => readonly string[] | Promise<readonly string[]>

/** Options for {@link ToolDirectory}. */
export interface ToolDirectoryOptions {
  /** Returns whether the rules of the host may ask about calls of a tool, or deny them. Default: neither */
  readonly approvalOf?: ((tool: CatalogTool) => 'ask' | 'deny' | undefined) | undefined
  readonly rank?: Rank | undefined
}

/** Finds and describes the tools of a catalog. Its index follows the catalogs: only changed namespaces are read again. */
export class ToolDirectory {
  readonly #options: ToolDirectoryOptions
  /** Created for the first search. */
  #index: ToolIndex | undefined
  /** Namespaces in the index, by identifier. */
  readonly #indexed = new Map<string, Namespace>()
  #updating: Promise<unknown> = Promise.resolve()

  constructor(options: ToolDirectoryOptions = {}) {
    this.#options = options
  }

  /** @throws `TypeError` for an invalid query, or the signal's reason */
  async search(catalog: Catalog, given: unknown, signal?: AbortSignal): Promise<FoundTools> {
    const query = parseSearch(given, catalog)
    signal?.throwIfAborted()
    const { rank } = this.#options
    if (rank !== undefined) return await this.#rank(rank, catalog, query, signal)
    const index = await this.#update(catalog, signal)
    const { matches, total, unmatched } = index.search(query.query, query)
    // The index may already have tools that a running program does not.
    const tools = matches.flatMap(({ path }) => catalog.find(path) ?? [])
    return { items: tools.map((tool) => this.#found(catalog, tool, query.detail)), total, unmatched }
  }

  /** @throws `TypeError` for an invalid query */
  list(catalog: Catalog, given: unknown): FoundTools {
    const { namespace, limit, offset, detail } = parseList(given, catalog)
    const namespaces = catalog.namespaces.filter(({ identifier }) => (namespace ?? identifier) === identifier)
    const tools: CatalogTool[] = []
    let before = 0
    for (const each of namespaces) {
      const [from, to] = [Math.max(0, offset - before), offset + limit - before]
      if (to > 0 && from < each.size) tools.push(...each.tools.slice(from, to))
      before += each.size
    }
    return { items: tools.map((tool) => this.#found(catalog, tool, detail)), total: before, unmatched: [] }
  }

  /**
   * Returns the declarations of some tools, with the types that they need.
   *
   * @param isHinted returns whether the similar names of a missing tool are searched. Default: they are
   * @throws `TypeError` for paths that are no strings, or too many
   */
  describe(catalog: Catalog, given: unknown, isHinted: () => boolean = () => true): string {
    const paths = parsePaths(given)
    const found = paths.flatMap((path) => catalog.find(path)?.path ?? [])
    const missing = paths.filter((path) => catalog.find(path) === undefined)
    const text = found.length === 0 ? '' : declarationsOf(catalog, found).text
    return missing.map((path) => `// ${inOneLine(noSuchTool(catalog, path, isHinted()))}\n`).join('') + text
  }

  async #rank(
    rank: Rank,
    catalog: Catalog,
    { query, namespace, limit, offset, detail }: Chosen<SearchQuery>,
    signal: AbortSignal | undefined,
  ): Promise<FoundTools> {
    const among = catalog.namespaces.filter(({ identifier }) => (namespace ?? identifier) === identifier)
    const tools = among.flatMap((each) => each.tools)
    const given = tools.map(({ path, tool: { name, description } }) => ({ path, name, description }))
    const ranked: unknown = await orAborted(rank(query, given, { signal }), signal)
    if (!Array.isArray(ranked)) throw new TypeError('`rank` must return a list of paths')
    const known = new Set(given.map(({ path }) => path))
    const found = [...new Set<string>(ranked)].filter((path) => known.has(path))
    const page = found.slice(offset, offset + limit).flatMap((path) => catalog.find(path) ?? [])
    return { items: page.map((tool) => this.#found(catalog, tool, detail)), total: found.length, unmatched: [] }
  }

  #found(catalog: Catalog, tool: CatalogTool, detail: SearchQuery['detail']): FoundTool {
    const { path, identifier, tool: given } = tool
    const approval = this.#options.approvalOf?.(tool)
    return {
      path,
      namespace: path.slice(0, path.length - identifier.length - 1),
      name: given.name,
      summary: summaryOf(given.description, MAX_SUMMARY),
      ...(detail !== 'names' && { signature: outlineOf(tool) }),
      ...(detail === 'full' && { declaration: declarationsOf(catalog, [path]).text }),
      effects: effectsOf(tool),
      ...(approval !== undefined && { approval }),
    }
  }

  /** Brings the index to a catalog. Updates run one after another. */
  #update(catalog: Catalog, signal: AbortSignal | undefined): Promise<ToolIndex> {
    const updated = this.#updating.then(async () => {
      const index = this.#index ?? new (await import('../search/tool-index.ts')).ToolIndex()
      this.#index = index
      for (const identifier of [...this.#indexed.keys()]) {
        if (catalog.namespace(identifier) !== undefined) continue
        index.removeNamespace(identifier)
        this.#indexed.delete(identifier)
      }
      for (const namespace of catalog.namespaces) {
        const { identifier, tools, description } = namespace
        if (this.#indexed.get(identifier) === namespace) continue
        // Until the update is complete, the namespace is in no known state.
        this.#indexed.delete(identifier)
        await index.setNamespace(identifier, tools.map(documentOf), { description, signal })
        this.#indexed.set(identifier, namespace)
      }
      return index
    })
    this.#updating = updated.then(ignore, ignore)
    return updated
  }
}

/** A failed update is reported to its own search. */
const ignore = () => {}
/** Resolves as the promise, or rejects with the reason of the signal. */
async function orAborted<Value>(value: Value | Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return await value
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([value, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Maximum length of a summary, in characters. */
const MAX_SUMMARY = 160

export function effectsOf({ tool: { annotations = {} } }: CatalogTool): ToolEffects {
  if (annotations.readOnlyHint === true) return 'read-only'
  if (annotations.destructiveHint === true) return 'destructive'
  return annotations.idempotentHint === true ? 'idempotent' : 'unknown'
}
