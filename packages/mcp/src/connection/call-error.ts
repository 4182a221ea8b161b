import { ToolCallError } from '@glovebox/core'
import { McpError, unauthorized } from '../contract/error.ts'
import { refusalOf } from './describe-failure.ts'
import { isUnreachable, statusOf } from './session.ts'

/** A request that failed. */
interface FailedRequest {
  readonly server: string
  /** Tool that was called. */
  readonly what: string
  /** Whether the connection ended, so that it is not known whether the request was handled. */
  readonly isClosed: boolean
  /** Whether the host closes the connection. */
  readonly isClosing: boolean
}

/** Returns the error of a request for programs. */
export function callError(error: unknown, { server, what, isClosed, isClosing }: FailedRequest): unknown {
  const cause = { cause: error }
  if (isClosed) {
    const ended = isClosing
      ? `The connection to the MCP server ${server} has ended`
      : `The connection to the MCP server ${server} has ended while ${what} ran, so the call may have had its effect`
    return new ToolCallError('TOOL_FAILED', ended, cause)
  }
  if (error instanceof McpError) return new ToolCallError('TOOL_FAILED', error.message, cause)
  const why = refusalOf(error)
  if (why !== undefined) return new ToolCallError('TOOL_FAILED', unauthorized(server, why).message, cause)
  const status = statusOf(error)
  if (status !== undefined)
    return new ToolCallError('TOOL_FAILED', `The MCP server ${server} answered with HTTP ${status}`, cause)
  if (isUnreachable(error))
    return new ToolCallError('TOOL_FAILED', `The MCP server ${server} could not be reached`, cause)
  return error
}
