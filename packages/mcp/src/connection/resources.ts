import type { JsonSchema, Tool } from '@glovebox/core'
import { parseBlock } from '@glovebox/core/framework'
import type { Client } from '@modelcontextprotocol/client'

/** Makes a request with the client of an open session. */
export type WithClient = <Result>(
  request: (client: Client, options: { signal: AbortSignal; timeout: number }) => Promise<Result>,
  call: { readonly signal: AbortSignal; readonly context?: unknown },
) => Promise<Result>

const TEXT = { type: 'string' } as const
const READ_ONLY = { readOnlyHint: true, idempotentHint: true }

const objectOf = (properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required: [...required],
  additionalProperties: false,
})

const listOf = (key: string, properties: Record<string, JsonSchema>, required: readonly string[]): JsonSchema =>
  objectOf(
    { [key]: { type: 'array', items: { type: 'object', properties, required: [...required] } }, nextCursor: TEXT },
    [key],
  )

/**
 * Returns functions for the resources and the prompts of a server, as far as it has them.
 *
 * @param taken names of the server's tools, which win
 */
export function resourceTools(
  capabilities: { readonly resources?: object | undefined; readonly prompts?: object | undefined },
  taken: (name: string) => boolean,
  withClient: WithClient,
): Tool[] {
  const tools = [
    ...(capabilities.resources === undefined ? [] : toolsForResources(withClient)),
    ...(capabilities.prompts === undefined ? [] : toolsForPrompts(withClient)),
  ]
  return tools.filter(({ name }) => !taken(name))
}

const cursorInput = objectOf({ cursor: TEXT })
const pageOf = (input: unknown) => {
  const { cursor } = input as { readonly cursor?: string }
  return cursor === undefined ? undefined : { cursor }
}

function toolsForResources(withClient: WithClient): Tool[] {
  return [
    {
      name: 'listResources',
      description: 'Lists the resources of this server.',
      annotations: READ_ONLY,
      inputSchema: cursorInput,
      outputSchema: listOf('resources', { uri: TEXT, name: TEXT, description: TEXT, mimeType: TEXT }, ['uri']),
      execute: (input, context) =>
        withClient(async (client, options) => {
          const { resources, nextCursor } = await client.listResources(pageOf(input), options)
          return {
            resources: resources.map(({ uri, name, description, mimeType }) =>
              defined({ uri, name, description, mimeType }),
            ),
            ...defined({ nextCursor }),
          }
        }, context),
    },
    {
      name: 'readResource',
      description:
        'Reads a resource of this server, such as one to which a result links. Binary content is an attachment with `bytes()`.',
      annotations: READ_ONLY,
      inputSchema: objectOf({ uri: TEXT }, ['uri']),
      execute: (input, context) =>
        withClient(async (client, options) => {
          const { contents } = await client.readResource({ uri: (input as { uri: string }).uri }, options)
          const parts = contents.map((resource) => parseBlock({ type: 'resource', resource } as never))
          return parts.length === 1 ? parts[0] : parts
        }, context),
    },
  ]
}

function toolsForPrompts(withClient: WithClient): Tool[] {
  return [
    {
      name: 'listPrompts',
      description: 'Lists the prompts of this server and their arguments.',
      annotations: READ_ONLY,
      inputSchema: cursorInput,
      outputSchema: listOf('prompts', { name: TEXT, description: TEXT, arguments: { type: 'array' } }, ['name']),
      execute: (input, context) =>
        withClient(async (client, options) => {
          const { prompts, nextCursor } = await client.listPrompts(pageOf(input), options)
          return {
            prompts: prompts.map(({ name, description, arguments: given }) =>
              defined({ name, description, arguments: given }),
            ),
            ...defined({ nextCursor }),
          }
        }, context),
    },
    {
      name: 'getPrompt',
      description: 'Renders a prompt of this server to messages.',
      annotations: READ_ONLY,
      inputSchema: objectOf({ name: TEXT, arguments: { type: 'object', additionalProperties: TEXT } }, ['name']),
      execute: (input, context) =>
        withClient(async (client, options) => {
          const { name, arguments: given } = input as { name: string; arguments?: Record<string, string> }
          const { messages } = await client.getPrompt({ name, ...(given && { arguments: given }) }, options)
          return messages.map(({ role, content }) => ({ role, content: parseBlock(content as never) }))
        }, context),
    },
  ]
}

/** Leaves out the keys without a value. */
const defined = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined))
