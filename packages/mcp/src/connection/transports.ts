import { randomUUID } from 'node:crypto'
import {
  type AuthProvider,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client'
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import type { McpHttpOptions, McpStdioOptions } from '../contract/options.ts'
import { type HttpFetchOptions, httpFetch } from './http-fetch.ts'
import { endWithDescendants, SERVER_ID } from './process-tree.ts'
import type { ServerSecrets } from './secrets.ts'
import { MAX_MESSAGE_BYTES } from './stream-reader.ts'

const KEPT_STDERR_CHARACTERS = 2_000

/** A transport and what belongs to it. */
export interface OpenTransport {
  readonly transport: Transport
  /** Calls `close`, then ends the remaining processes of the server. */
  end(close: () => Promise<void>): Promise<void>
  /** Returns the end of the server's standard error, formatted for the end of an error message. */
  stderr(): string
}

/**
 * The SDK looks for the protocol revision of its own class by starting a second process. It uses the process of the
 * connection for any other class.
 */
class ProcessTransport extends StdioClientTransport {}

export function stdioTransport(
  { command, args = [], env = {}, cwd }: McpStdioOptions,
  secrets: ServerSecrets,
): OpenTransport {
  const id = randomUUID()
  const transport = new ProcessTransport({
    command,
    args: [...args],
    env: { ...getDefaultEnvironment(), ...env, [SERVER_ID]: id },
    stderr: 'pipe',
    maxBufferSize: MAX_MESSAGE_BYTES,
    ...(cwd === undefined ? {} : { cwd }),
  })
  const decoder = new TextDecoder()
  let tail = ''
  transport.stderr?.on('data', (chunk: Buffer) => {
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-(KEPT_STDERR_CHARACTERS + secrets.longest + 1))
  })
  return {
    transport,
    end: (close) => endWithDescendants(transport.pid, id, close),
    stderr: () => {
      const hidden = secrets.hideInTail(tail, KEPT_STDERR_CHARACTERS)
      const written = (tail.length > KEPT_STDERR_CHARACTERS ? withoutCutLine(hidden) : hidden).trim()
      return written === '' ? '' : `\nIt wrote:\n${written}`
    },
  }
}

export function httpTransport(
  kind: 'http' | 'sse',
  { url, headers, fetch }: McpHttpOptions,
  authProvider: AuthProvider | undefined,
  events: Pick<HttpFetchOptions, 'isRepeatable' | 'onSecret' | 'onLost'>,
): OpenTransport {
  const options = {
    fetch: httpFetch({ ...events, ...(headers !== undefined && { headers }), ...(fetch !== undefined && { fetch }) }),
    ...(typeof headers === 'object' && { requestInit: { headers: { ...headers } } }),
    ...(authProvider !== undefined && { authProvider }),
  }
  const transport =
    kind === 'sse'
      ? new SSEClientTransport(new URL(url), options)
      : new StreamableHTTPClientTransport(new URL(url), options)
  return { transport, end: (close) => close(), stderr: () => '' }
}

/** Removes the first line, or the first word of a single line: it was cut and may begin with part of a secret. */
function withoutCutLine(text: string): string {
  const [cut = ''] = /^[^\n]*\n/.exec(text) ?? /^\S*/.exec(text) ?? []
  return text.slice(cut.length)
}
