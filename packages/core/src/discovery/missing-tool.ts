import type { Catalog } from '../catalog/catalog.ts'
import type { Namespace } from '../catalog/namespace.ts'
import { nearest } from '../values/nearest.ts'

/** Maximum length of a name in a message. Longer ones are not compared with others. */
const MAX_NAMED = 100

/** Returns the message for a path that is no tool, with the nearest one. Comparing names takes bounded time. */
export function noSuchTool(catalog: Catalog, path: string, isHinted = true): string {
  const isCompared = isHinted && path.length <= MAX_NAMED
  const direct = isCompared ? catalog.findDirect(path) : undefined
  if (direct !== undefined) return `Programs cannot call ${direct}: call it directly, as a tool.`
  const similar = isCompared ? nearestPath(catalog, path) : undefined
  const hint = similar === undefined ? '' : ` Did you mean ${similar}?`
  return `There is no tool ${path.slice(0, MAX_NAMED)}.${hint}`
}

/** Returns the most similar path: a tool with the same name elsewhere, or one of the same namespace, or any. */
function nearestPath(catalog: Catalog, path: string): string | undefined {
  const end = path.indexOf('.')
  const namespace = catalog.namespace(path.slice(0, Math.max(0, end)))
  const pathsOf = ({ tools }: Namespace) => tools.map((tool) => tool.path)
  const elsewhere = catalog.namespaces.find((each) => each.find(path.slice(end + 1)) !== undefined)
  return (
    elsewhere?.find(path.slice(end + 1))?.path ??
    (namespace === undefined ? undefined : nearest(path, pathsOf(namespace))) ??
    nearest(path, catalog.namespaces.flatMap(pathsOf))
  )
}
