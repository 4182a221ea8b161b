import type { Catalog } from '../catalog/catalog.ts'
import { unassertedParts } from '../validation/unasserted-parts.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import type { ToolWarning } from './namespace.ts'

/** Maximum number of objects and arrays in the schemas of one catalog that are inspected. */
const MAX_SCHEMAS = 200_000
const MAX_WARNINGS = 1_000

/** Returns a warning for each pattern of a catalog's schemas that is not asserted, with the reason. */
export function unassertedPatterns({ namespaces }: Catalog): ToolWarning[] {
  const warnings: ToolWarning[] = []
  let schemas = 0
  const look = (root: JsonSchema | undefined, tool: string, side: ToolWarning['side']): void => {
    for (const part of unassertedParts(root ?? true)) {
      if (part !== undefined) warnings.push({ tool, side, ...part })
      else if (++schemas > MAX_SCHEMAS) return
      if (warnings.length >= MAX_WARNINGS) return
    }
  }
  for (const { tools } of namespaces) {
    for (const { path, tool } of tools) {
      if (tool.parseInput === undefined) look(tool.inputSchema, path, 'input')
      if (tool.parseOutput === undefined) look(tool.outputSchema, path, 'output')
    }
  }
  return warnings
}
