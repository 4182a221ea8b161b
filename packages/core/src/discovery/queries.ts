import type { Catalog } from '../catalog/catalog.ts'
import { assertKnownOptions } from '../contract/options.ts'
import { isRecord } from '../values/json.ts'
import { nearest } from '../values/nearest.ts'

/** Detail of each tool in a result. */
export type Detail = 'names' | 'signatures' | 'full'

/** Options of a list of tools. */
export interface ListQuery {
  /** Namespace whose tools are listed. Default: all */
  readonly namespace?: string
  /**
   * Maximum number of tools: 1 to 200, or 30 with full detail. Default: 10 for a search, 100 for a list.
   */
  readonly limit?: number
  /**
   * Number of tools to skip.
   *
   * @default 0
   */
  readonly offset?: number
  /**
   * Detail of each tool: its summary, also its signature, or also its declaration. Default: `signatures` for a search,
   * `names` for a list.
   */
  readonly detail?: Detail
}

/** Options of a search for tools. */
export interface SearchQuery extends ListQuery {
  /** Words that say what the tool should do. */
  readonly query: string
}

/** Thrown for a query that is not valid. */
export class InvalidQueryError extends TypeError {
  override readonly name = 'InvalidQueryError'
}

const DETAILS: readonly unknown[] = ['names', 'signatures', 'full'] satisfies Detail[]
const MAX_LIMIT = 200
const MAX_OFFSET = 1_000_000
/** Maximum number of tools with full detail, or of tools to describe. */
const MAX_DESCRIBED = 30
const LIST_KEYS = ['namespace', 'limit', 'offset', 'detail']

/** A query with its defaults. */
export type Chosen<Query extends ListQuery> = Query & Required<Pick<ListQuery, 'limit' | 'offset' | 'detail'>>

/** @throws {@link InvalidQueryError} */
export function parseSearch(given: unknown, catalog: Catalog): Chosen<SearchQuery> {
  const query = typeof given === 'string' ? { query: given } : given
  if (!isRecord(query) || typeof query.query !== 'string')
    throw new InvalidQueryError('codemode.search() takes { query: string, namespace?, limit?, offset?, detail? }')
  assertKnown('codemode.search()', query, ['query', ...LIST_KEYS])
  return { ...choose('codemode.search()', query, catalog, { limit: 10, detail: 'signatures' }), query: query.query }
}

/** @throws {@link InvalidQueryError} */
export function parseList(given: unknown, catalog: Catalog): Chosen<ListQuery> {
  const query = typeof given === 'string' ? { namespace: given } : (given ?? {})
  if (!isRecord(query))
    throw new InvalidQueryError('codemode.list() takes a namespace, or { namespace?, limit?, offset?, detail? }')
  assertKnown('codemode.list()', query, LIST_KEYS)
  return choose('codemode.list()', query, catalog, { limit: 100, detail: 'names' })
}

/** @throws {@link InvalidQueryError} */
export function parsePaths(given: unknown): string[] {
  const paths: unknown = typeof given === 'string' ? [given] : given
  if (!Array.isArray(paths) || paths.length === 0 || !paths.every((path) => typeof path === 'string'))
    throw new InvalidQueryError("codemode.describe() takes a list of paths, such as ['github.listIssues']")
  if (paths.length > MAX_DESCRIBED)
    throw new InvalidQueryError(`codemode.describe() takes at most ${MAX_DESCRIBED} paths; got ${paths.length}`)
  return [...new Set(paths as string[])]
}

function assertKnown(owner: string, query: object, keys: readonly string[]): void {
  try {
    assertKnownOptions(owner, query, keys)
  } catch (error) {
    throw new InvalidQueryError((error as Error).message, { cause: error })
  }
}

function choose(
  owner: string,
  { namespace, limit, offset = 0, detail }: { readonly [key in keyof ListQuery]?: unknown },
  catalog: Catalog,
  defaults: { readonly limit: number; readonly detail: Detail },
): Chosen<ListQuery> {
  const chosen = detail === undefined ? defaults.detail : detail
  if (!DETAILS.includes(chosen))
    throw new InvalidQueryError(`${owner}: \`detail\` must be one of ${DETAILS.join(', ')}`)
  const most = chosen === 'full' ? MAX_DESCRIBED : MAX_LIMIT
  const count = limit === undefined ? Math.min(defaults.limit, most) : limit
  assertInteger(owner, 'limit', count, 1, most)
  assertInteger(owner, 'offset', offset, 0, MAX_OFFSET)
  if (namespace !== undefined) assertNamespace(owner, namespace, catalog)
  return { ...(namespace !== undefined && { namespace }), limit: count, offset, detail: chosen as Detail }
}

function assertInteger(
  owner: string,
  name: string,
  value: unknown,
  least: number,
  most: number,
): asserts value is number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return
  throw new InvalidQueryError(`${owner}: \`${name}\` must be an integer from ${least} to ${most}`)
}

function assertNamespace(owner: string, namespace: unknown, catalog: Catalog): asserts namespace is string {
  if (typeof namespace === 'string' && catalog.namespace(namespace) !== undefined) return
  const known = catalog.namespaces.map(({ identifier }) => identifier)
  const similar = typeof namespace === 'string' ? nearest(namespace, known) : undefined
  const hint = similar === undefined ? '' : ` Did you mean ${similar}?`
  throw new InvalidQueryError(`${owner}: there is no such namespace.${hint}`)
}
