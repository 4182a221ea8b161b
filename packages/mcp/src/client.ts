import { type JsonSchema, type Tool, ToolCallError, type ToolProvider, toolProvider } from '@glovebox/core'
import { assertKnownOptions, type McpResult, parseMcpResult } from '@glovebox/core/framework'
import { type ListedTool, MAX_PAGES, ToolListing } from './connection/listing.ts'
import { NO_TIMEOUT_MS } from './contract/timeouts.ts'

interface RequestOptions {
  readonly signal?: AbortSignal
  readonly timeout?: number
}

/** MCP client: the subset common to `@modelcontextprotocol/sdk` (v1) and `@modelcontextprotocol/client` (v2). */
export interface McpClient {
  /** Undefined while the client is not connected. */
  readonly transport?: unknown
  getServerCapabilities(): { readonly tools?: object | undefined } | undefined
  // biome-ignore-start lint/suspicious/noExplicitAny: the two versions disagree on the types of these parameters
  request(request: any, schema: any, options?: any): Promise<unknown>
  callTool(params: { name: string; arguments?: Record<string, unknown> }, ...rest: any[]): Promise<unknown>
  // biome-ignore-end lint/suspicious/noExplicitAny: as above
}

/** Options of {@link fromClient}. */
export interface McpClientOptions {
  /** Namespace under which programs find the tools. */
  readonly name: string
  /** Aborts the listing of the tools. */
  readonly signal?: AbortSignal
}

/**
 * Accepts every result: an odd tool must not cost the others, and an odd output has already had its effect. v1 calls
 * `safeParse`, v2 the method of Standard Schema.
 */
const ANY = {
  safeParse: (data: unknown) => ({ success: true, data }),
  '~standard': { version: 1, vendor: 'glovebox', validate: (value: unknown) => ({ value }) },
}

/**
 * Creates a tool provider from a connected MCP client. The caller closes the client.
 *
 * @throws `TypeError` for an unknown option; the client's error if the tools cannot be listed, or the signal's reason
 */
export async function fromClient(client: McpClient, options: McpClientOptions): Promise<ToolProvider> {
  assertKnownOptions('fromClient()', options, ['name', 'signal'])
  const { name, signal } = options
  const listing = new ToolListing()
  // Listing would fail in v1.
  if (client.getServerCapabilities()?.tools === undefined) return toolProvider({ name, tools: [] })
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const request = { method: 'tools/list', params: cursor === undefined ? {} : { cursor } }
    const listed = (await client.request(request, ANY, signal === undefined ? {} : { signal })) as {
      readonly tools?: unknown
      readonly nextCursor?: string
    }
    if (Array.isArray(listed.tools)) for (const tool of listed.tools) listing.add(tool)
    cursor = listed.nextCursor
    if (cursor === undefined || cursor === '') break
  }
  return toolProvider({ name, tools: [...listing.tools.values()].map((tool) => toolOf(name, client, tool)) })
}

function toolOf(server: string, client: McpClient, { isTask: _, ...listed }: ListedTool): Tool {
  const { name, inputSchema } = listed
  return {
    ...listed,
    execute: async (input, { signal }) => {
      const params = { name, arguments: input as Record<string, unknown> }
      const options: RequestOptions = { signal, timeout: NO_TIMEOUT_MS }
      const result = await callWith(client, params, inputSchema, options).catch((error: unknown) => {
        // Both clients only report "Not connected", and a program may call many servers.
        if (client.transport !== undefined) throw error
        throw new ToolCallError('TOOL_FAILED', `The connection to the MCP server ${server} has ended`, { cause: error })
      })
      return parseMcpResult(name, result as McpResult)
    },
  }
}

/** Calls a tool. Where possible, the client does not check the output, since the call has already had its effect. */
function callWith(
  client: McpClient,
  params: { name: string; arguments: Record<string, unknown> },
  inputSchema: JsonSchema,
  options: RequestOptions,
): Promise<unknown> {
  const { getProtocolEra } = client as { getProtocolEra?: () => string }
  if (getProtocolEra?.call(client) !== 'modern') return client.request({ method: 'tools/call', params }, ANY, options)
  // In the revision of 2026-07-28, the client adds headers that the input schema asks for.
  return client.callTool(params, { ...options, toolDefinition: { name: params.name, inputSchema } })
}
