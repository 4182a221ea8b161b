import { createBrowserCodeTool } from '@cloudflare/codemode/browser'
import { declarationsFromTools } from '@glovebox/core/schema'
import { compile } from 'json-schema-to-typescript'
import type { ListedTool } from './corpus.ts'

type Style = 'full' | 'compact' | 'signatures'
type CodemodeTools = Parameters<typeof createBrowserCodeTool>[0]['tools']
type CompiledSchema = Parameters<typeof compile>[0]

/** Converts the tools of a server with Glovebox. */
export function glovebox(tools: readonly ListedTool[], style: Style): string {
  const executable = tools.map((tool) => ({ ...tool, execute: () => undefined }))
  return declarationsFromTools(executable, { namespace: 'tools', style }).text
}

/**
 * Converts the tools of a server with `@cloudflare/codemode`. Its `generateTypesFromJsonSchema` is exported from an
 * entry that only loads in Workers, but the browser entry uses the same function for the tool description.
 */
export function codemode(tools: readonly ListedTool[]): string {
  const executable = tools.map((tool) => ({ ...tool, execute: async () => undefined }))
  return createBrowserCodeTool({ tools: executable as unknown as CodemodeTools, description: '{{types}}' }).description
}

/** Converts each schema of a server with `json-schema-to-typescript`, unformatted and without external references. */
export async function jsonSchemaToTypeScript(tools: readonly ListedTool[]): Promise<string> {
  const options = { format: false, bannerComment: '', $refOptions: { resolve: { external: false } } }
  let text = ''
  for (const { name, inputSchema, outputSchema } of tools) {
    if (inputSchema !== undefined) text += await compile(inputSchema as CompiledSchema, `${name} input`, options)
    if (outputSchema !== undefined) text += await compile(outputSchema as CompiledSchema, `${name} output`, options)
  }
  return text
}
