import type { CatalogTool } from '../catalog/catalog.ts'
import type { Tool } from '../catalog/tool.ts'
import { ToolCallError } from '../contract/errors.ts'
import type { Attachments } from './attachments.ts'

/** Namespace of the tools that every program has. No provider can have it. */
const NAMESPACE = 'codemode.'

/** Returns whether a path is one of the tools that every program has. They have no effects, and no rule applies to them. */
export const isBuiltin = (path: string): boolean => path.startsWith(NAMESPACE)

/** Creates the tools that every program has, by path. */
export function builtinTools(attachments: Attachments): ReadonlyMap<string, CatalogTool> {
  return new Map([readBytes(attachments)].map((tool) => [`${NAMESPACE}${tool.name}`, entryOf(tool)]))
}

/** Called by `attachment.bytes()` with the handle. */
function readBytes(attachments: Attachments): Tool {
  return {
    name: 'bytes',
    execute: (input) => {
      const bytes = typeof input === 'string' ? attachments.bytes(input) : undefined
      if (bytes === undefined) throw new ToolCallError('TOOL_INPUT_INVALID', 'This run has no such attachment')
      return bytes
    },
  }
}

const entryOf = (tool: Tool): CatalogTool => ({
  path: `${NAMESPACE}${tool.name}`,
  identifier: tool.name,
  tool: { ...tool, annotations: { readOnlyHint: true } },
  parseInput: undefined,
  parseOutput: undefined,
})
