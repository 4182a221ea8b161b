import type { Catalog } from '../catalog/catalog.ts'
import { type GuestNames, pathsOf } from '../catalog/mentioned-names.ts'
import { declareAll, type PartialCatalog, partOf } from '../declarations/typed-text.ts'

/** Globals of programs that are not part of the language. Their members are not checked. */
const GLOBALS =
  `AbortController AbortSignal Buffer CustomEvent DOMException Event EventTarget Iterator Temporal TextDecoder TextEncoder
  URL URLPattern URLSearchParams atob btoa clearImmediate clearInterval clearTimeout codemode console crypto exports global
  module performance process queueMicrotask require self setImmediate setInterval setTimeout structuredClone`.split(
    /\s+/,
  )

/** Types of a program's annotations that engines do not have. They cost no program. */
const TYPES = ['AbortController', 'AbortSignal', 'Buffer', 'Event', 'EventTarget', 'URL', 'URLSearchParams']

const SURROUNDINGS = [
  ...GLOBALS.map((name) => `declare var ${name}: any`),
  ...TYPES.map((name) => `type ${name} = any`),
].join('\n')

/** Matches literals, comments and the type `unknown`, but no property of that name. */
const UNKNOWN = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|(?<![\w.])unknown(?!\w|\s*\??:)/g

const withoutUnknown = (text: string): string =>
  text.replaceAll(UNKNOWN, (found) => (found === 'unknown' ? 'any' : found))

/**
 * Declares the tools that a program mentions. Nothing is known of an undeclared output, so that a program may use it in any
 * way.
 *
 * @param isSure whether outputs that were only observed are undeclared, too. Default: false
 */
export function checkedDeclarations(catalog: Catalog, names: GuestNames, isSure = false): string {
  const part = partOf(catalog, pathsOf(names))
  const { text } = declareAll(isSure ? withoutObserved(part) : part, 'full')
  const aliases = part.namespaces.flatMap(aliasesOf)
  // A namespace without values is no value itself.
  const empty = Object.entries(names)
    .filter(([namespace, tools]) => tools.length === 0 && catalog.namespace(namespace) !== undefined)
    .map(([namespace]) => `declare namespace ${namespace} { const __: undefined }`)
  return [SURROUNDINGS, ...empty, withoutUnknown(text), ...aliases].join('\n')
}

/** Declares the original names of tools, by which programs can call them, too. */
function aliasesOf({ identifier: namespace, tools }: PartialCatalog['namespaces'][number]): string[] {
  const names = new Set(tools.map(({ identifier }) => identifier))
  const aliases = tools.flatMap(({ identifier, tool: { name } }) => {
    if (!/^[A-Za-z_$][\w$]*$/.test(name) || names.has(name)) return []
    names.add(name)
    return `const ${name}: typeof ${identifier}`
  })
  return aliases.length === 0 ? [] : [`declare namespace ${namespace} { ${aliases.join('; ')} }`]
}

/**
 * Declares one tool. Empty if there is no such tool.
 *
 * @param isSure whether an output that was only observed is undeclared. Default: false
 */
export function declarationOf(catalog: Catalog, path: string, isSure = false): string {
  const part = partOf(catalog, [path])
  return declareAll(isSure ? withoutObserved(part) : part, 'full').text.trimEnd()
}

/** Returns whether a program mentions a tool whose output was observed. */
export const mentionsObserved = (catalog: Catalog, names: GuestNames): boolean =>
  pathsOf(names).some((path) => catalog.find(path)?.observed !== undefined)

const withoutObserved = ({ size, namespaces }: PartialCatalog): PartialCatalog => ({
  size,
  namespaces: namespaces.map((namespace) => ({
    ...namespace,
    tools: namespace.tools.map((tool) => ({ ...tool, observed: undefined })),
  })),
})
