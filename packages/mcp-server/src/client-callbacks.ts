import { randomUUID } from 'node:crypto'
import type { ElicitAnswer, McpOptions, Root, SampleResult, ServerRequest } from '@glovebox/mcp'
import { ClientRequest } from './client-request.ts'

/**
 * Options for `mcp()` with which servers ask the client whose request they serve, and write to its log. If several users
 * have, or had within the last minute, requests at a server that does not say to which its question belongs, none is
 * asked.
 *
 * @example
 * ```ts
 * await using github = await mcp({ name: 'github', url: 'https://api.githubcopilot.com/mcp/', ...clientCallbacks })
 * ```
 */
export const clientCallbacks = {
  onElicit: async (request) => {
    const { message } = request
    const params =
      request.mode === 'url'
        ? { mode: 'url', message, url: request.url, elicitationId: randomUUID() }
        : { message, requestedSchema: request.schema }
    return (await askedClient(request).ask('elicitation/create', params)) as ElicitAnswer
  },
  onSample: async (request) =>
    (await askedClient(request).ask('sampling/createMessage', { ...request.params })) as SampleResult,
  roots: async (request) =>
    ((await askedClient(request).ask('roots/list', {})) as { readonly roots: readonly Root[] }).roots,
  onEvent: (event) => {
    if (event.type === 'log') clientOf(event.contexts)?.log(event)
  },
} satisfies Pick<McpOptions, 'onElicit' | 'onSample' | 'roots' | 'onEvent'>

/** @throws `Error` if it is not known which client to ask */
function askedClient({ server, contexts }: ServerRequest): ClientRequest {
  const client = clientOf(contexts)
  if (client !== undefined) return client
  throw new Error(`It is not known to which client the question of ${server} belongs`)
}

/** Returns the latest request that is still open, if all requests are of one user. */
function clientOf(contexts: readonly unknown[]): ClientRequest | undefined {
  const requests = contexts.filter((context) => context instanceof ClientRequest)
  const last = requests.findLast(({ signal }) => !signal.aborted)
  return requests.every(({ user }) => user === last?.user) ? last : undefined
}
