import type { Catalog } from '../catalog/catalog.ts'
import { Namespace } from '../catalog/namespace.ts'
import { ToolCallError } from '../contract/errors.ts'
import type { ToolDirectory } from './tool-directory.ts'

/** Namespace of the functions that every program has. No provider can have it. */
export const BUILTINS = 'codemode'

/** Returns whether a path is one of the functions that every program has. No rule applies to them. */
export const isBuiltin = (path: string): boolean => path.startsWith(`${BUILTINS}.`)

/** Creates the functions with which programs look up tools. */
export function builtinNamespace(directory: ToolDirectory, catalog: Catalog): Namespace {
  const builtin = (name: string, execute: (input: unknown, signal: AbortSignal) => unknown) => ({
    name,
    annotations: { readOnlyHint: true },
    execute: async (input: unknown, { signal }: { readonly signal: AbortSignal }) => {
      try {
        return await execute(input, signal)
      } catch (error) {
        if (error instanceof TypeError) throw new ToolCallError('TOOL_INPUT_INVALID', error.message, { cause: error })
        throw error
      }
    },
  })
  return new Namespace({
    identifier: BUILTINS,
    description: undefined,
    tools: [
      builtin('search', (input, signal) => directory.search(catalog, input, signal)),
      builtin('describe', (input) => directory.describe(catalog, input)),
      builtin('list', (input) => directory.list(catalog, input)),
    ],
  })
}
