import type { Catalog } from '../catalog/catalog.ts'
import { isIndirect, mentionedIn } from '../catalog/mentioned-names.ts'
import type { CatalogTool, Namespace } from '../catalog/namespace.ts'
import { effectsOf, type ToolEffects } from '../discovery/tool-directory.ts'
import { type PreparedProgram, positionsOfUse } from '../program/program.ts'

/** A tool that a program can reach. */
export interface ReachedTool {
  /** Path, as `namespace.tool`. */
  readonly path: string
  readonly effects: ToolEffects
  /** Set if the host's rules ask about calls of the tool, or deny them. */
  readonly approval?: 'ask' | 'deny'
  /** Lines of the program that name the tool, at most 20. Empty if it is not certain that the program means the tool. */
  readonly lines: readonly number[]
  /**
   * Whether the tool may be called several times: a place that names it is in a loop, in a callback or in a function that is
   * called in one, it is passed on, or the program does not name it.
   */
  readonly isRepeated: boolean
}

/** The tools that a program can reach, whatever it does: the host refuses calls of others. */
export interface ProgramReach {
  readonly tools: readonly ReachedTool[]
  /** Reasons why more tools are listed than the program names, one sentence each. */
  readonly unclear: readonly string[]
}

/** Decides about tools, as the rules of a host do. */
interface Approvals {
  approvalOf(tool: CatalogTool): 'ask' | 'deny' | undefined
}

/** Returns what a program can reach. It is never run. */
export function reachOf(
  program: PreparedProgram,
  catalog: Catalog,
  builtins: Namespace,
  rules: Approvals | undefined,
): ProgramReach {
  const places = placesOf(program, catalog)
  const tools: ReachedTool[] = []
  const whole: string[] = []
  const mentioned = mentionedIn(program.source, catalog, builtins)
  for (const [namespace, names] of mentioned) {
    if (namespace === builtins) continue
    if (names === 'all') whole.push(namespace.identifier)
    const reached =
      names === 'all' ? namespace.tools : new Set([...names].flatMap((name) => namespace.find(name) ?? []))
    for (const tool of reached) {
      const approval = rules?.approvalOf(tool)
      // A tool that the program does not name may be called in any way.
      const { lines = [], isRepeated = true } = places.get(tool) ?? {}
      const { path } = tool
      tools.push({ path, effects: effectsOf(tool), ...(approval && { approval }), lines: [...lines], isRepeated })
    }
  }
  const unclear = isIndirect(program.source)
    ? ['The program can reach globals without their names, so every tool counts.']
    : whole.map((name) => `${name} is not only used as ${name}.tool, so each of its tools counts.`)
  return { tools, unclear }
}

/** Returns the places that name each tool. */
function placesOf(
  program: PreparedProgram,
  catalog: Catalog,
): ReadonlyMap<CatalogTool, { readonly lines: Set<number>; isRepeated: boolean }> {
  const places = new Map<CatalogTool, { readonly lines: Set<number>; isRepeated: boolean }>()
  for (const use of program.uses) {
    const tool = catalog.namespace(use.object)?.find(use.member)
    if (tool === undefined) continue
    const known = places.get(tool) ?? { lines: new Set(), isRepeated: false }
    for (const { line } of positionsOfUse(program, use)) known.lines.add(line)
    known.isRepeated ||= use.isRepeated
    places.set(tool, known)
  }
  return places
}

/** Maximum number of tools that {@link furtherEffects} names. */
const MAX_NAMED = 5

/**
 * Says which other tools a program can call that may change something, for a person who decides on a call. Undefined if
 * there are none.
 */
export function furtherEffects({ tools }: ProgramReach, decided: string): string | undefined {
  const others = tools.filter(({ path, effects }) => path !== decided && effects !== 'read-only')
  if (others.length === 0) return undefined
  // Those that the program names come first.
  const ordered = [
    ...others.filter(({ lines }) => lines.length > 0),
    ...others.filter(({ lines }) => lines.length === 0),
  ]
  const named = ordered.slice(0, MAX_NAMED).map(({ path, effects, isRepeated }) => {
    const remarks = [...(effects === 'destructive' ? ['destructive'] : []), ...(isRepeated ? ['repeatedly'] : [])]
    return remarks.length === 0 ? path : `${path} (${remarks.join(', ')})`
  })
  const more = others.length - named.length
  return `The program can also call ${named.join(', ')}${more > 0 ? ` and ${more} more tools` : ''}.`
}
