import { InsufficientScopeError, UnauthorizedError } from '@modelcontextprotocol/client'
import { McpError, unauthorized } from '../contract/error.ts'
import type { McpOptions } from '../contract/options.ts'
import type { ServerSecrets } from './secrets.ts'
import { isClosedError, statusOf, WithStderr } from './session.ts'

const SLOW_START_HINT =
  '. Run its command in a terminal: the first start may install packages. Pass the environment variables that it needs as `env`.'

interface FailureContext {
  readonly options: McpOptions
  readonly secrets: ServerSecrets
  /** Time after which the attempt was ended, in milliseconds. Undefined if it was not. */
  readonly expiredMs?: number | undefined
  /** Output of the server's process. */
  readonly stderr?: string
}

/** Returns the error for a server that could not be connected, without secrets. */
export function describeFailure(given: unknown, context: FailureContext): McpError {
  const error = given instanceof WithStderr ? given.cause : given
  if (error instanceof McpError) return error
  const { options, secrets, expiredMs } = context
  const { name } = options
  const stderr = given instanceof WithStderr ? given.stderr : (context.stderr ?? '')
  const isProcess = !('url' in options) || options.url === undefined
  if (expiredMs !== undefined) {
    const hint = isProcess ? SLOW_START_HINT : ''
    return new McpError('MCP_TIMEOUT', `The MCP server ${name} was not ready within ${expiredMs} ms${hint}${stderr}`)
  }
  const cause = error instanceof Error ? { cause: secrets.copyOf(error) } : {}
  const why = refusalOf(error)
  if (why !== undefined) return unauthorized(name, `${why}${addressOf(options)}`, cause)
  const failed = isProcess ? 'started' : 'reached'
  return new McpError(
    'MCP_UNAVAILABLE',
    `The MCP server ${name} could not be ${failed}: ${reasonOf(error, options, secrets)}${stderr}`,
    cause,
  )
}

/** Returns why a request was not authorized. Undefined for another failure. */
export function refusalOf(error: unknown): string | undefined {
  if (error instanceof InsufficientScopeError) return 'it does not grant what it requires'
  return error instanceof UnauthorizedError || statusOf(error) === 401 ? 'it refused the credentials' : undefined
}

function reasonOf(error: unknown, options: McpOptions, secrets: ServerSecrets): string {
  if (!(error instanceof Error)) return secrets.hide(String(error))
  const { code } = error as Error & { code?: unknown }
  if (code === 'ENOENT' && 'command' in options) {
    const where = options.cwd === undefined ? '' : `, or no directory ${options.cwd}`
    return `there is no command ${secrets.hide(options.command)}${where}; is it installed and on PATH?`
  }
  if (isClosedError(error) || isClosedError(error.cause)) return 'its process ended'
  const status = statusOf(error)
  const cause = causeOf(error)
  const message = status === undefined ? secrets.copyOf(error).message : `it answered with HTTP ${status}`
  return `${message}${cause === undefined ? '' : ` (${cause})`}${addressOf(options)}`
}

/** Returns the part of a URL that is not secret. */
function addressOf(options: McpOptions): string {
  if (!('url' in options) || options.url === undefined) return ''
  const { protocol, host } = new URL(options.url)
  return `, at ${protocol}//${host}`
}

/** Returns the code of the network error, which is nested in `cause`. */
function causeOf(error: Error): string | undefined {
  for (let inner: unknown = error.cause; inner instanceof Error; inner = inner.cause) {
    const { code } = inner as { code?: unknown }
    if (typeof code === 'string') return code
  }
  return undefined
}
