import type { Catalog } from '../catalog/catalog.ts'
import { type GuestNames, pathsOf } from '../catalog/mentioned-names.ts'
import type { CatalogTool } from '../catalog/namespace.ts'
import type { Tool } from '../catalog/tool.ts'
import { declarationOf } from '../checking/checked-declarations.ts'
import { canonicalSchema } from '../values/canonical-schema.ts'
import { digestOf } from './digest.ts'

/** A tool as it was when a run started. */
export interface RecordedTool {
  /** Identifies the tool: its original name, what its schemas accept, and whether it changes or destroys something. */
  readonly digest: string
  /** Its declaration, to show what has changed. Absent for a long one, and for all but the first tools. */
  readonly declaration?: string
}

/** Maximum number of tools whose declarations are recorded, and maximum length of one, in characters. */
const MAX_DECLARED = 20
const MAX_DECLARATION = 2_000
/** Length of a digest, in hexadecimal digits. */
const DIGEST_LENGTH = 32

const digests = new WeakMap<Tool, Promise<string>>()

/** Records the tools that a program mentions, by path. */
export async function recordTools(catalog: Catalog, names: GuestNames): Promise<Record<string, RecordedTool>> {
  const tools = pathsOf(names).flatMap((path) => catalog.find(path) ?? [])
  const recorded = tools.map(async (tool, at) => {
    const declaration = at < MAX_DECLARED ? declared(catalog, tool) : ''
    const isShown = declaration !== '' && declaration.length <= MAX_DECLARATION
    return [tool.path, { digest: await digestOfTool(tool), ...(isShown && { declaration }) }] as const
  })
  return Object.fromEntries(await Promise.all(recorded))
}

/** Returns the tools whose schemas have changed since they were recorded, by path, with the difference. */
export async function changedTools(
  catalog: Catalog,
  recorded: Readonly<Record<string, RecordedTool>>,
): Promise<ReadonlyMap<string, string>> {
  const changed = new Map<string, string>()
  for (const [path, { digest, declaration }] of Object.entries(recorded)) {
    const tool = catalog.find(path)
    // A call of a tool that is gone fails in any case.
    if (tool === undefined || (await digestOfTool(tool)) === digest) continue
    changed.set(path, differenceOf(declaration, declared(catalog, tool)))
  }
  return changed
}

/** Declares a tool without what was only observed of it. */
const declared = (catalog: Catalog, { path }: CatalogTool): string => declarationOf(catalog, path, true)

function digestOfTool({ tool }: CatalogTool): Promise<string> {
  let digest = digests.get(tool)
  if (digest === undefined) {
    const { name, inputSchema, outputSchema, annotations = {} } = tool
    const { readOnlyHint = false, destructiveHint = false } = annotations
    const parts = [name, readOnlyHint, destructiveHint, canonicalSchema(inputSchema), canonicalSchema(outputSchema)]
    digest = digestOf(parts.join('\n')).then((text) => text.slice(0, DIGEST_LENGTH))
    digests.set(tool, digest)
  }
  return digest
}

/** Returns the lines that are only in one of two declarations, as a diff. */
function differenceOf(before: string | undefined, after: string): string {
  if (before === undefined || after.length > MAX_DECLARATION) return ''
  const [old, now] = [before.split('\n'), after.split('\n')]
  const gone = old.filter((line) => !now.includes(line)).map((line) => `- ${line.trim()}`)
  const added = now.filter((line) => !old.includes(line)).map((line) => `+ ${line.trim()}`)
  return [...gone, ...added].join('\n')
}
