import type { CatalogTool } from '../catalog/namespace.ts'
import type { ToolDocument } from '../search/tool-document.ts'
import { isRecord, own } from '../values/json.ts'

/** Maximum number of parameters that are indexed for a tool. */
const MAX_PARAMETERS = 50

/** Returns the parts of a tool that the search reads. */
export function documentOf({ path, tool: { name, description, inputSchema } }: CatalogTool): ToolDocument {
  return { path, name, description, parameters: parametersOf(inputSchema) }
}

function parametersOf(schema: unknown): { name: string; description?: string }[] {
  const properties = isRecord(schema) ? own(schema, 'properties') : undefined
  if (!isRecord(properties)) return []
  return Object.keys(properties)
    .slice(0, MAX_PARAMETERS)
    .map((name) => {
      const property = properties[name]
      const description = isRecord(property) ? own(property, 'description') : undefined
      return typeof description === 'string' ? { name, description } : { name }
    })
}
