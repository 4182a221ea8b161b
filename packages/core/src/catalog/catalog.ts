import { schemaParser } from '../validation/schema-validator.ts'
import { plainName } from '../values/nearest.ts'
import type { Parse } from '../values/parse.ts'
import { assignIdentifiers } from './identifiers.ts'
import { providersFrom, type ToolProvider, type ToolSource } from './provider.ts'
import type { Tool } from './tool.ts'

/** A tool with the path that programs call and the validators of its input and output. */
export interface CatalogTool {
  /** Path that programs call, as `namespace.identifier`. */
  readonly path: string
  readonly identifier: string
  readonly tool: Tool
  readonly parseInput: Parse | undefined
  readonly parseOutput: Parse | undefined
}

interface Namespace {
  readonly identifier: string
  readonly description: string | undefined
  readonly tools: readonly CatalogTool[]
}

/** All tools of all providers, with their identifiers. */
export interface Catalog {
  readonly namespaces: readonly Namespace[]
  /** The tools' identifiers by namespace, as sent to guests. */
  readonly names: { readonly [namespace: string]: readonly string[] }
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
 * Collects the tools of all sources and assigns their identifiers. Sources with the same name share a namespace.
 *
 * @param direct names of tools that only the model can call, for error messages
 * @throws `TypeError` for two tools of one provider with the same name
 */
export function createCatalog(sources: ToolSource | readonly ToolSource[], direct: readonly string[] = []): Catalog {
  const merged = mergeByName(providersFrom(sources))
  const identifiers = assignIdentifiers([...merged.keys()], isGlobal)
  const namespaces = [...merged.values()].map(({ description, tools }, index): Namespace => {
    const namespace = identifiers[index] as string
    const names = assignIdentifiers(tools.map((tool) => tool.name))
    const entries = tools.map((tool, at) => catalogTool(namespace, names[at] as string, tool))
    return { identifier: namespace, description, tools: entries }
  })
  const names = Object.fromEntries(
    namespaces.map(({ identifier, tools }) => [identifier, tools.map((tool) => tool.identifier)]),
  )
  let byPath: Map<string, CatalogTool> | undefined
  const find = (path: string): CatalogTool | undefined => {
    byPath ??= indexByPath(namespaces)
    return byPath.get(path)
  }
  const findDirect = (path: string): string | undefined => {
    const name = plainName(path.slice(path.indexOf('.') + 1))
    return direct.find((each) => plainName(each) === name)
  }
  return { namespaces, names, find, findDirect }
}

function indexByPath(namespaces: readonly Namespace[]): Map<string, CatalogTool> {
  const byPath = new Map<string, CatalogTool>()
  for (const { tools } of namespaces) for (const tool of tools) byPath.set(tool.path, tool)
  for (const { identifier, tools } of namespaces) {
    for (const entry of tools) {
      // Models know many tools by their original names.
      const original = `${identifier}.${entry.tool.name}`
      if (!byPath.has(original)) byPath.set(original, entry)
    }
  }
  return byPath
}

function mergeByName(
  providers: readonly ToolProvider[],
): Map<string, { description: string | undefined; tools: Tool[] }> {
  const merged = new Map<string, { description: string | undefined; tools: Tool[] }>()
  for (const { name, description, tools } of providers) {
    const known = merged.get(name)
    if (known === undefined) merged.set(name, { description, tools: [...tools] })
    else for (const tool of tools) known.tools.push(tool)
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

function catalogTool(namespace: string, identifier: string, tool: Tool): CatalogTool {
  return {
    path: `${namespace}.${identifier}`,
    identifier,
    tool,
    parseInput:
      tool.parseInput ?? (tool.inputSchema === undefined ? undefined : schemaParser(tool.inputSchema, 'input')),
    parseOutput:
      tool.parseOutput ?? (tool.outputSchema === undefined ? undefined : schemaParser(tool.outputSchema, 'output')),
  }
}
