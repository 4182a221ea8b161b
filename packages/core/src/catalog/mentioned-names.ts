import type { Catalog } from './catalog.ts'
import type { Namespace } from './namespace.ts'

/** Names of the tools that a guest gets, by namespace. */
export type GuestNames = Readonly<Record<string, readonly string[]>>

/** Returns the paths of the tools that names stand for, as `namespace.tool`. */
export const pathsOf = (names: GuestNames): string[] =>
  Object.entries(names).flatMap(([namespace, tools]) => tools.map((tool) => `${namespace}.${tool}`))

/** Ways to reach a global without its name: the global object, also as `this`, and escapes in identifiers. */
const INDIRECT = /\b(?:globalThis|global|self)\b|\bthis\b(?!\s*\.)|\\u/
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/gu
/** Matches the access to a property right after the name of a namespace. */
const ACCESS = /\s*(?:\?\.|\.(?!\.))\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/uy

/** Returns whether a program may reach globals without their names, so that it can use every namespace. */
export const isIndirect = (source: string): boolean => INDIRECT.test(source)

/**
 * Returns the names that a program mentions in each namespace, or `all` if it does not only use the namespace as
 * `namespace.tool`. The work is linear in the length of the program.
 *
 * @param source JavaScript of the program
 */
export function mentionedIn(
  source: string,
  catalog: Catalog,
  builtins: Namespace,
): ReadonlyMap<Namespace, ReadonlySet<string> | 'all'> {
  const chosen = new Map<Namespace, Set<string> | 'all'>()
  if (isIndirect(source)) for (const namespace of [builtins, ...catalog.namespaces]) chosen.set(namespace, 'all')
  else
    for (const { 0: word, index } of source.matchAll(NAME)) {
      const namespace = word === builtins.identifier ? builtins : catalog.namespace(word)
      if (namespace === undefined || chosen.get(namespace) === 'all') continue
      ACCESS.lastIndex = index + word.length
      const tool = ACCESS.exec(source)?.[1]
      const known = chosen.get(namespace)
      if (tool === undefined) chosen.set(namespace, 'all')
      else if (known === undefined) chosen.set(namespace, new Set([tool]))
      else if (known !== 'all') known.add(tool)
    }
  return chosen
}

/**
 * Returns the names that a program can use: of a namespace that it only uses as `namespace.tool`, these tools, and of any
 * other that it mentions, all.
 *
 * @param source JavaScript of the program
 */
export function mentionedNames(source: string, catalog: Catalog, builtins: Namespace): GuestNames {
  const chosen = mentionedIn(source, catalog, builtins)
  // The order of the catalog, so that the same program gets the same message.
  const mentioned = [builtins, ...catalog.namespaces].flatMap((namespace): [string, readonly string[]][] => {
    const names = chosen.get(namespace)
    if (names === undefined) return []
    const { identifier } = namespace
    if (names === 'all') return [[identifier, namespace.tools.map((tool) => tool.identifier)]]
    // Programs also know tools by their original names.
    return [[identifier, [...new Set([...names].flatMap((name) => namespace.find(name)?.identifier ?? []))]]]
  })
  return Object.fromEntries(mentioned)
}
