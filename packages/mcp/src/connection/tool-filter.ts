import { compileWildcard } from '@glovebox/core/framework'

/**
 * Returns a function that tells whether a tool is provided.
 *
 * @throws `TypeError` for patterns that are not lists of texts
 */
export function toolFilter(
  server: string,
  { include, exclude }: { readonly include?: readonly string[]; readonly exclude?: readonly string[] },
): (tool: string) => boolean {
  const included = include === undefined ? undefined : matcher(server, 'include', include)
  const excluded = matcher(server, 'exclude', exclude ?? [])
  return (tool) => (included === undefined || included(tool)) && !excluded(tool)
}

function matcher(server: string, option: string, patterns: readonly string[]): (tool: string) => boolean {
  if (!Array.isArray(patterns) || !patterns.every((pattern) => typeof pattern === 'string'))
    throw new TypeError(`The MCP server ${server} has an \`${option}\` that is not a list of tool names`)
  const compiled = patterns.map(compileWildcard)
  return (tool) => compiled.some((matches) => matches(tool))
}
