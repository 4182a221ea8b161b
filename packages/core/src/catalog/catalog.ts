import { plainName } from '../values/nearest.ts'
import { assignIdentifiers } from './identifiers.ts'
import { type CatalogTool, Namespace, type ObservedIn } from './namespace.ts'
import { providersFrom, type ToolProvider, type ToolSource } from './provider.ts'
import type { Tool } from './tool.ts'

/** All tools of all providers, with their identifiers. It never changes. */
export interface Catalog {
  readonly namespaces: readonly Namespace[]
  /** Number of tools. */
  readonly size: number
  /** Finds a namespace by its identifier. */
  readonly namespace: (identifier: string) => Namespace | undefined
  /** Finds a tool by `namespace.identifier`, or by `namespace.original-name` if no identifier has that name. */
  readonly find: (path: string) => CatalogTool | undefined
  /** Finds a tool that only the model can call, by path or name. */
  readonly findDirect: (path: string) => string | undefined
}

/** Globals that a namespace must not shadow. */
const GLOBAL_NAMES = new Set(
  `atob btoa clearImmediate clearInterval clearTimeout codemode console crypto escape fetch global globalThis isFinite isNaN
  parseFloat parseInt performance process queueMicrotask require self setImmediate setInterval setTimeout structuredClone
  undefined unescape`.split(/\s+/),
)

const isGlobal = (name: string): boolean =>
  GLOBAL_NAMES.has(name) || (/^[A-Z]/.test(name) && Object.hasOwn(globalThis, name))

/**
 * Collects the tools of all sources. Sources with the same name share a namespace.
 *
 * @param direct names of tools that only the model can call, for error messages
 * @param previous catalog whose unchanged namespaces are used again. Default: none
 * @param observed returns what was observed of outputs. Default: nothing
 * @throws `TypeError` for two tools of one provider with the same name
 */
export function createCatalog(
  sources: ToolSource | readonly ToolSource[],
  direct: readonly string[] = [],
  previous?: Catalog,
  observed?: ObservedIn,
): Catalog {
  const merged = mergeByName(providersFrom(sources))
  const identifiers = assignIdentifiers([...merged.keys()], isGlobal)
  const namespaces = [...merged.values()].map((given, index): Namespace => {
    const parts = { ...given, identifier: identifiers[index] as string, observed }
    const known = previous?.namespace(parts.identifier)
    return known?.isMadeOf(parts) === true ? known : new Namespace(parts)
  })
  const byIdentifier = new Map(namespaces.map((each) => [each.identifier, each]))
  return {
    namespaces,
    size: namespaces.reduce((sum, { size }) => sum + size, 0),
    namespace: (identifier) => byIdentifier.get(identifier),
    find: (path) => {
      const end = path.indexOf('.')
      return byIdentifier.get(path.slice(0, Math.max(0, end)))?.find(path.slice(end + 1))
    },
    findDirect: (path) => {
      const name = plainName(path.slice(path.indexOf('.') + 1))
      return direct.find((each) => plainName(each) === name)
    },
  }
}

/** The combined parts of all providers with one name. */
interface Merged {
  readonly description: string | undefined
  version: string | undefined
  readonly tools: Tool[]
}

function mergeByName(providers: readonly ToolProvider[]): Map<string, Merged> {
  const merged = new Map<string, Merged>()
  for (const { name, description, version, tools } of providers) {
    const known = merged.get(name)
    if (known === undefined) merged.set(name, { description, version, tools: [...tools] })
    else {
      if (version !== known.version) known.version = `${known.version ?? ''}+${version ?? ''}`
      for (const tool of tools) known.tools.push(tool)
    }
  }
  for (const [name, { tools }] of merged) {
    const names = new Set<string>()
    for (const tool of tools) {
      if (names.has(tool.name)) throw new TypeError(`Two tools of ${name} are called ${tool.name}`)
      names.add(tool.name)
    }
  }
  return merged
}
