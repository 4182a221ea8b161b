import { type JsonSchema, type Tool, ToolCallError, type ToolProvider, toolProvider } from '@glovebox/core'
import { assertKnownOptions, type McpResult, parseMcpResult } from '@glovebox/core/framework'

interface RequestOptions {
  readonly signal?: AbortSignal
  readonly timeout?: number
}

interface ListedTool {
  readonly name: string
  readonly description?: string | undefined
  readonly inputSchema: object
  readonly outputSchema?: object | undefined
  readonly annotations?: object | undefined
}

/** MCP client: the subset common to `@modelcontextprotocol/sdk` (v1) and `@modelcontextprotocol/client` (v2). */
export interface McpClient {
  /** Undefined while the client is not connected. */
  readonly transport?: unknown
  getServerCapabilities(): { readonly tools?: object | undefined } | undefined
  listTools(
    params?: { cursor: string },
    options?: RequestOptions,
  ): Promise<{ tools: readonly ListedTool[]; nextCursor?: string | undefined }>
  // biome-ignore lint/suspicious/noExplicitAny: the two versions disagree on everything after the first parameter
  callTool(params: { name: string; arguments?: Record<string, unknown> }, ...rest: any[]): Promise<unknown>
}

/** Options of {@link fromClient}. */
export interface McpClientOptions {
  /** Namespace under which programs find the tools. */
  readonly name: string
  /** Aborts the listing of the tools. */
  readonly signal?: AbortSignal
}

/** Longest delay that `setTimeout` supports. The limits of the execution end a call. */
const NO_TIMEOUT_MS = 2 ** 31 - 1
/** Maximum number of pages, against servers that always return another cursor. */
const MAX_PAGES = 1_000

/**
 * Creates a tool provider from a connected MCP client. The caller closes the client.
 *
 * @throws `TypeError` for an unknown option; the client's error if the tools cannot be listed, or the signal's reason
 */
export async function fromClient(client: McpClient, options: McpClientOptions): Promise<ToolProvider> {
  assertKnownOptions('fromClient()', options, ['name', 'signal'])
  const { name, signal } = options
  const tools: Tool[] = []
  // Listing would fail in v1, and print to standard output in v2.
  if (client.getServerCapabilities()?.tools === undefined) return toolProvider({ name, tools })
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const listed = await client.listTools(
      cursor === undefined ? undefined : { cursor },
      signal === undefined ? {} : { signal },
    )
    tools.push(...listed.tools.map((tool) => toolOf(name, client, tool)))
    cursor = listed.nextCursor
    if (cursor === undefined || cursor === '') break
  }
  return toolProvider({ name, tools })
}

function toolOf(
  server: string,
  client: McpClient,
  { name, description, inputSchema, outputSchema, annotations }: ListedTool,
): Tool {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    inputSchema: inputSchema as JsonSchema,
    ...(outputSchema === undefined ? {} : { outputSchema: outputSchema as JsonSchema }),
    ...(annotations === undefined ? {} : { annotations }),
    execute: async (input, { signal }) => {
      const params = { name, arguments: input as Record<string, unknown> }
      const options: RequestOptions = { signal, timeout: NO_TIMEOUT_MS }
      // v1 takes the result schema before the options.
      const calling = isVersion1(client)
        ? client.callTool(params, undefined, options)
        : client.callTool(params, options)
      const result = await calling.catch((error: unknown) => {
        // Both clients only report "Not connected", and a program may call many servers.
        if (client.transport !== undefined) throw error
        throw new ToolCallError('TOOL_FAILED', `The connection to the MCP server ${server} has ended`, { cause: error })
      })
      return parseMcpResult(name, result as McpResult)
    },
  }
}

/** Returns whether a client is v1. Only v2 has `getProtocolEra`. */
function isVersion1(client: McpClient): boolean {
  return !('getProtocolEra' in client)
}
