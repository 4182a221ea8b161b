import { type JsonSchema, type Tool, ToolCallError, type ToolProvider, toolProvider } from '@glovebox/core'
import { type McpResult, parseMcpResult } from '@glovebox/core/framework'

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

/** The part of an MCP client that is used, as `@modelcontextprotocol/sdk` (v1) and `@modelcontextprotocol/client` (v2) have it. */
export interface McpClient {
  /** Undefined before and after the connection. */
  readonly transport?: unknown
  getServerCapabilities(): { readonly tools?: object | undefined } | undefined
  listTools(
    params?: { cursor: string },
    options?: RequestOptions,
  ): Promise<{ tools: readonly ListedTool[]; nextCursor?: string | undefined }>
  // biome-ignore lint/suspicious/noExplicitAny: the two versions disagree on everything after the first parameter
  callTool(params: { name: string; arguments?: Record<string, unknown> }, ...rest: any[]): Promise<unknown>
}

export interface McpClientOptions {
  /** The namespace that programs call. */
  readonly name: string
  readonly signal?: AbortSignal
}

/** The execution's own limits end a call; this is the longest that `setTimeout` knows. */
const NO_TIMEOUT_MS = 2 ** 31 - 1
/** A server that hands out cursors for ever is broken. */
const MAX_PAGES = 1_000

/**
 * The tools of a client that the host has connected already, and closes itself.
 *
 * @throws what the client throws when it lists the tools
 */
export async function fromClient(client: McpClient, options: McpClientOptions): Promise<ToolProvider> {
  const { name, signal } = options
  const tools: Tool[] = []
  // v1 would fail, and v2 print to standard output.
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
      // In v1 the schema of the result stands before the options.
      const calling = isVersion1(client)
        ? client.callTool(params, undefined, options)
        : client.callTool(params, options)
      const result = await calling.catch((error: unknown) => {
        // Either client says only "Not connected", and a program may call many servers.
        if (client.transport !== undefined) throw error
        throw new ToolCallError('TOOL_FAILED', `The connection to the MCP server ${server} has ended`, { cause: error })
      })
      return parseMcpResult(name, result as McpResult)
    },
  }
}

/** Only v2 negotiates eras of the protocol. */
function isVersion1(client: McpClient): boolean {
  return !('getProtocolEra' in client)
}
