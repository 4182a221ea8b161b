import { assertKnownOptions } from '@glovebox/core/framework'
import type { McpHttpOptions, McpOptions, McpStdioOptions } from '../contract/options.ts'

const COMMON_OPTIONS: readonly string[] = [
  'name',
  'connectTimeoutMs',
  'callTimeoutMs',
  'include',
  'exclude',
  'pins',
  'onEvent',
  'onElicit',
  'onSample',
  'roots',
  'background',
  'signal',
]
/** `url` is allowed, but undefined. */
const STDIO_OPTIONS = ['command', 'args', 'env', 'cwd', 'url', ...COMMON_OPTIONS]
const HTTP_OPTIONS = ['url', 'headers', 'auth', 'fetch', 'transport', 'command', ...COMMON_OPTIONS]

/** @throws `TypeError` for options that are unknown, or name no server */
export function assertServerOptions(options: McpOptions): void {
  const given: Partial<McpStdioOptions & McpHttpOptions> = options
  const { name } = given
  if (typeof name !== 'string' || name === '') throw new TypeError('An MCP server needs a `name`')
  if (given.command !== undefined && given.url !== undefined)
    throw new TypeError(`The MCP server ${name} has both a \`command\` and a \`url\`; give only one of them`)
  if (given.url !== undefined) {
    assertKnownOptions('mcp()', options, HTTP_OPTIONS)
    // The error of the URL parser contains the whole URL.
    if (!URL.canParse(String(given.url))) throw new TypeError(`The MCP server ${name} has a \`url\` that is not valid`)
    const { transport } = given
    if (transport !== undefined && transport !== 'http' && transport !== 'sse')
      throw new TypeError(`The MCP server ${name} has the unknown transport ${String(transport)}; use http or sse`)
    return
  }
  if (typeof given.command !== 'string' || given.command === '')
    throw new TypeError(`The MCP server ${name} needs a \`command\` or a \`url\``)
  assertKnownOptions('mcp()', options, STDIO_OPTIONS)
}
