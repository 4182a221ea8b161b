import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importsOf, readText, trackedFiles } from './repository.ts'

/** Packages that the sources of each package may import. Tests may import any package. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'packages/core': [],
  'packages/adapter-node': ['@glovebox/core'],
  'packages/quickjs': ['@glovebox/core', '@glovebox/adapter-node'],
  'packages/isolated-vm': ['@glovebox/core', '@glovebox/adapter-node'],
  'packages/workerd': ['@glovebox/core', '@glovebox/adapter-node'],
  'packages/node-vm': ['@glovebox/core', '@glovebox/adapter-node'],
  'packages/mcp': ['@glovebox/core'],
  'packages/mcp-server': ['@glovebox/core', '@glovebox/mcp'],
  'packages/typecheck': ['@glovebox/core'],
  'packages/store-sqlite': ['@glovebox/core'],
  'packages/store-postgres': ['@glovebox/core'],
  // Framework packages include their default sandbox, so that one install is enough.
  'packages/ai-sdk': ['@glovebox/core', '@glovebox/quickjs'],
  'packages/anthropic': ['@glovebox/core', '@glovebox/quickjs'],
  'packages/langchain': ['@glovebox/core', '@glovebox/quickjs'],
  'packages/mastra': ['@glovebox/core', '@glovebox/quickjs'],
  'packages/openai-agents': ['@glovebox/core', '@glovebox/quickjs'],
  'packages/tanstack-ai': ['@glovebox/core', '@glovebox/quickjs'],
  'packages/opentelemetry': ['@glovebox/core'],
  'packages/conformance': ['@glovebox/core'],
  'packages/backends': ['@glovebox/core', '@glovebox/quickjs', '@glovebox/isolated-vm', '@glovebox/workerd'],
  'packages/testing': ['@glovebox/core', '@glovebox/conformance'],
  'packages/glovebox': [
    '@glovebox/core',
    '@glovebox/backends',
    '@glovebox/quickjs',
    '@glovebox/isolated-vm',
    '@glovebox/workerd',
    '@glovebox/mcp',
    '@glovebox/mcp-server',
    '@glovebox/typecheck',
    '@glovebox/store-sqlite',
  ],
  'apps/bench': [
    '@glovebox/core',
    '@glovebox/quickjs',
    '@glovebox/isolated-vm',
    '@glovebox/testing',
    '@glovebox/workerd',
  ],
  'apps/cloudflare': ['@glovebox/workerd'],
  'apps/demo': ['glovebox'],
  'apps/examples': [
    '@glovebox/core',
    '@glovebox/quickjs',
    '@glovebox/ai-sdk',
    '@glovebox/anthropic',
    '@glovebox/langchain',
    '@glovebox/mastra',
    '@glovebox/openai-agents',
    '@glovebox/opentelemetry',
    '@glovebox/tanstack-ai',
  ],
}

const packageOf = (file: string): string => file.split('/').slice(0, 2).join('/')
const isOurs = (name: string): boolean => name === 'glovebox' || name.startsWith('@glovebox/')
const nameOf = (specifier: string): string =>
  specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] as string)

function violations(file: string, text: string): string[] {
  const home = packageOf(file)
  return importsOf(text).flatMap((specifier) => {
    if (specifier.startsWith('.')) {
      const target = join(dirname(file), specifier)
      return packageOf(target) === home ? [] : [`${file} reaches into another package: ${specifier}`]
    }
    const name = nameOf(specifier)
    if (!isOurs(name) || file.includes('/test/')) return []
    return ALLOWED[home]?.includes(name) ? [] : [`${file} may not import ${name}`]
  })
}

/** Returns a cycle in a graph as a list of its nodes, or `undefined` if it has none. */
function findCycle(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>()
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node])
      if (cycle !== undefined) return cycle
    }
    done.add(node)
    return undefined
  }
  return [...graph.keys()].map((node) => visit(node, [])).find((cycle) => cycle !== undefined)
}

/** Returns the imports between the folders of a package's sources. A file outside a folder is a separate node. */
function folderGraph(sources: readonly string[], home: string): Map<string, Set<string>> {
  const start = `${home}/src/`
  const folderOf = (file: string) => file.slice(start.length).split('/')[0] as string
  const graph = new Map<string, Set<string>>()
  for (const file of sources.filter((each) => each.startsWith(start))) {
    const folder = folderOf(file)
    const targets = graph.get(folder) ?? new Set()
    graph.set(folder, targets)
    for (const specifier of importsOf(readText(file))) {
      if (!specifier.startsWith('.')) continue
      const target = join(dirname(file), specifier)
      if (target.startsWith(start) && folderOf(target) !== folder) targets.add(folderOf(target))
    }
  }
  return graph
}

describe('import directions', () => {
  const sources = trackedFiles().filter(
    (file) => /^(?:packages|apps)\/.*\.(?:ts|mjs)$/.test(file) && !/\/fixtures\/|tsup\.config\.ts$/.test(file),
  )

  it('only lead from apps through glovebox, integrations and adapters to core', () => {
    expect(sources.length).toBeGreaterThan(50)
    expect(sources.flatMap((file) => violations(file, readText(file)))).toEqual([])
  })

  it('cover every package', () => {
    expect(new Set(sources.map(packageOf))).toEqual(new Set(Object.keys(ALLOWED)))
  })

  it.each(Object.keys(ALLOWED))('between the folders of %s have no cycle', (home) => {
    expect(findCycle(folderGraph(sources, home))).toBeUndefined()
  })

  it('are checked: a cycle is found', () => {
    const graph = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c'])],
      ['c', new Set(['b'])],
    ])
    expect(findCycle(graph)).toEqual(['b', 'c', 'b'])
  })

  it.each([
    ['packages/core/src/a.ts', "import { x } from '@glovebox/quickjs'"],
    ['packages/quickjs/src/a.ts', "export { x } from '@glovebox/mcp'"],
    ['packages/mcp/src/deep/a.ts', "const x = await import('@glovebox/conformance')"],
    ['packages/core/src/a.ts', "import '../../quickjs/src/index.ts'"],
    ['packages/glovebox/src/a.ts', "import type { X } from '@glovebox/conformance'"],
  ])('are checked: a wrong import in %s is found', (file, text) => {
    expect(violations(file, text)).toHaveLength(1)
  })
})
