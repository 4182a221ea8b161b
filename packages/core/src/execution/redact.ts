import { ToolCallError } from '../errors.ts'
import { redactSecrets } from '../redaction/redact-secrets.ts'

/** Filters the message of a failed tool call. `tool` is the name that the program called. */
export type Redact = (message: string, tool: string) => string

/** Twice what crosses to the program, since a filter that shortens a text moves up what follows. */
const MAX_READ_LENGTH = 20_000
/** A longer run of characters is data, not a token. */
const MAX_TOKEN_LENGTH = 4_096
const MAX_NAME_LENGTH = 100

/** @throws `TypeError` for an option that is neither a function nor false */
export function chooseRedact(option: false | Redact | undefined): false | Redact {
  if (option === undefined) return redactSecrets
  if (option === false || typeof option === 'function') return option
  throw new TypeError(`\`redact\` must be a function or false; got ${option === null ? 'null' : typeof option}`)
}

/** What passed a filter on its way through a span, and must not pass it twice. */
const filtered = new WeakSet<object>()

/**
 * Filters the message of what a tool threw. An error becomes a copy that keeps name and code, and has neither the cause
 * nor the stack of the tool's own. Never throws: where the filter throws or returns no string, the message is
 * "<tool> failed".
 */
export function redactFailure(failure: unknown, tool: string, redact: false | Redact): unknown {
  if (redact === false) return failure
  if (typeof failure === 'string') return failure === '' ? failure : filter(failure, tool, redact)
  if (!isError(failure) || filtered.has(failure)) return failure
  const copy = copyOf(failure, tool, redact)
  filtered.add(copy)
  return copy
}

/** A proxy may throw whatever it is asked. */
function isError(value: unknown): value is Error {
  try {
    return value instanceof Error
  } catch {
    return false
  }
}

function copyOf(error: Error, tool: string, redact: Redact): Error {
  try {
    const message: unknown = error.message
    const text = typeof message === 'string' && message !== '' ? filter(message, tool, redact) : withoutMessage(tool)
    if (error instanceof ToolCallError) return new ToolCallError(error.code, text)
    const { name, code } = error as { name: unknown; code?: unknown }
    return Object.assign(new Error(text), {
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    })
  } catch {
    // A getter or a trap of the error, which cannot be read then.
    return new Error(withoutMessage(tool))
  }
}

function filter(message: string, tool: string, redact: Redact): string {
  try {
    const changed: unknown = redact(readable(message), tool)
    if (typeof changed === 'string') return changed
  } catch {
    // The filter's own error may quote what it was to hide.
  }
  return withoutMessage(tool)
}

const withoutMessage = (tool: string): string => `${tool.slice(0, MAX_NAME_LENGTH)} failed`

/** The beginning of a message. A token that the cut would leave in half is cut off whole, since no filter would know it. */
function readable(message: string): string {
  if (message.length <= MAX_READ_LENGTH) return message
  let end = MAX_READ_LENGTH
  while (end > MAX_READ_LENGTH - MAX_TOKEN_LENGTH && !/[\s"'`,;&<>()[\]{}]/.test(message.charAt(end - 1))) end--
  return message.slice(0, end === MAX_READ_LENGTH - MAX_TOKEN_LENGTH ? MAX_READ_LENGTH : end)
}
