import { ToolCallError } from '../contract/errors.ts'
import { redactSecrets } from '../redaction/redact-secrets.ts'

/** Filters the message of a failed tool call. `tool` is the name that the program called. */
export type Redact = (message: string, tool: string) => string

/** Maximum length that is filtered: twice the length that reaches the program, since a filter may shorten the text. */
const MAX_READ_LENGTH = 20_000
/** Maximum length of a token. A longer run of characters is data. */
const MAX_TOKEN_LENGTH = 4_096
const MAX_NAME_LENGTH = 100

/**
 * Returns the filter to use. Default: `redactSecrets`.
 *
 * @throws `TypeError` for an option that is neither a function nor false
 */
export function chooseRedact(option: false | Redact | undefined): false | Redact {
  if (option === undefined) return redactSecrets
  if (option === false || typeof option === 'function') return option
  throw new TypeError(`\`redact\` must be a function or false; got ${option === null ? 'null' : typeof option}`)
}

/** Errors that were already filtered when they passed a span. */
const filtered = new WeakSet<object>()

/**
 * Filters the message of a value that a tool threw. Replaces an error with a copy that keeps name and code, but not
 * cause and stack. Never throws. If the filter throws or does not return a string, the message becomes "<tool> failed".
 */
export function redactFailure(failure: unknown, tool: string, redact: false | Redact): unknown {
  if (redact === false) return failure
  if (typeof failure === 'string') return failure === '' ? failure : filter(failure, tool, redact)
  if (!isError(failure) || filtered.has(failure)) return failure
  const copy = copyOf(failure, tool, redact)
  filtered.add(copy)
  return copy
}

/** Returns whether a value is an error. A proxy may throw on every access. */
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
    // A getter or a proxy trap of the error threw.
    return new Error(withoutMessage(tool))
  }
}

function filter(message: string, tool: string, redact: Redact): string {
  try {
    const changed: unknown = redact(readable(message), tool)
    if (typeof changed === 'string') return changed
  } catch {
    // The error is ignored: it may quote the secret.
  }
  return withoutMessage(tool)
}

const withoutMessage = (tool: string): string => `${tool.slice(0, MAX_NAME_LENGTH)} failed`

/**
 * Returns the beginning of a message. A token at the cut is removed completely: a filter would not detect half of it.
 */
function readable(message: string): string {
  if (message.length <= MAX_READ_LENGTH) return message
  let end = MAX_READ_LENGTH
  while (end > MAX_READ_LENGTH - MAX_TOKEN_LENGTH && !/[\s"'`,;&<>()[\]{}]/.test(message.charAt(end - 1))) end--
  return message.slice(0, end === MAX_READ_LENGTH - MAX_TOKEN_LENGTH ? MAX_READ_LENGTH : end)
}
