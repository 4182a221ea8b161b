import type { Catalog } from '../catalog/catalog.ts'
import { Namespace } from '../catalog/namespace.ts'
import { ToolCallError } from '../contract/errors.ts'
import { BUILTINS, READ_BYTES } from '../protocol/messages.ts'
import { InvalidQueryError } from './queries.ts'
import type { ToolDirectory } from './tool-directory.ts'

/** Returns whether a path is one of the functions that every program has. No rule applies to them. */
export const isBuiltin = (path: string): boolean => path.startsWith(`${BUILTINS}.`)

/** Returns whether a path looks up tools, which has a limit of its own. */
export const isLookup = (path: string): boolean => isBuiltin(path) && path !== READ_BYTES

/** Maximum number of paths for which one execution gets a hint. Comparing names takes time. */
const MAX_HINTS = 10

/** Creates the functions with which programs look up tools. */
export function builtinNamespace(directory: ToolDirectory, catalog: Catalog): Namespace {
  const builtin = (name: string, execute: (input: unknown, signal: AbortSignal) => unknown) => ({
    name,
    annotations: { readOnlyHint: true },
    execute: async (input: unknown, { signal }: { readonly signal: AbortSignal }) => {
      try {
        return await execute(input, signal)
      } catch (error) {
        if (error instanceof InvalidQueryError)
          throw new ToolCallError('TOOL_INPUT_INVALID', error.message, { cause: error })
        throw error
      }
    },
  })
  let hints = 0
  return new Namespace({
    identifier: BUILTINS,
    description: undefined,
    tools: [
      builtin('search', (input, signal) => directory.search(catalog, input, signal)),
      builtin('describe', (input) => directory.describe(catalog, input, () => ++hints <= MAX_HINTS)),
      builtin('list', (input) => directory.list(catalog, input)),
    ],
  })
}
