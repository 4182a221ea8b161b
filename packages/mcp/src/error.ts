/** Codes of {@link McpError}. */
export type McpErrorCode = 'MCP_UNAVAILABLE' | 'MCP_TIMEOUT'

/**
 * Error for a server that cannot be started or reached, or is not ready in time. `cause` is a copy of the SDK's error
 * with its name, code and message. The messages contain neither the headers, arguments and environment variables from
 * the options nor any part of a URL other than scheme, host and port.
 */
export class McpError extends Error {
  override readonly name = 'McpError'
  readonly code: McpErrorCode

  constructor(code: McpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
