/** Codes of {@link McpError}. */
export type McpErrorCode = 'MCP_UNAVAILABLE' | 'MCP_TIMEOUT' | 'MCP_UNAUTHORIZED'

/**
 * Error for a server that cannot be started or reached, is not ready in time, or requires a login. `cause` is a copy of
 * the SDK's error with its name, code and message. The messages contain neither the headers, tokens, arguments and
 * environment variables of the server nor any part of a URL other than scheme, host and port.
 */
export class McpError extends Error {
  override readonly name = 'McpError'
  readonly code: McpErrorCode

  constructor(code: McpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Returns the error for a server that requires a login, with the next step. */
export function unauthorized(name: string, why: string, options?: ErrorOptions): McpError {
  return new McpError(
    'MCP_UNAUTHORIZED',
    `The MCP server ${name} requires authorization: ${why}. Log in with \`glovebox auth login ${name}\`, or pass \`auth\` or \`headers\``,
    options,
  )
}
