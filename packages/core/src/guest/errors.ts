import { NotSerializableError } from '../protocol/codec.ts'
import { OriginalString, stringIndexOf, stringSlice, stringTrim } from '../protocol/intrinsics.ts'
import type { GuestError } from '../protocol/messages.ts'
import { define } from './define.ts'
import { inspect } from './inspect.ts'

/** Error of a failed tool call. `code` is one of the `TOOL_…` codes or `LIMIT_MESSAGE_SIZE`. */
export class ToolError extends Error {
  readonly tool: string
  code = 'TOOL_FAILED'
  #failed = false

  constructor(tool: string) {
    super()
    this.tool = tool
  }

  /** Sets the code and the message. The error itself is created with the call, so that its stack leads to the call. */
  fail(code: string, message: string): this {
    this.#failed = true
    this.code = code
    define(this, 'message', message)
    return this
  }

  /** Returns the code and the tool if the object is the error of a failed tool call. */
  static failureOf(value: object): { readonly code: string; readonly tool: string } | undefined {
    return #failed in value && value.#failed ? { code: value.code, tool: value.tool } : undefined
  }
}
define(ToolError.prototype, 'name', 'ToolError')
// Minifying the runtime changes the names of classes.
define(ToolError, 'name', 'ToolError')
define(NotSerializableError, 'name', 'NotSerializableError')

/** Describes a value that a program threw. Never throws, even if getters or proxy traps of the value do. */
export function describeThrown(thrown: unknown): GuestError {
  try {
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return describeErrorLike(thrown as Error)
    return { code: 'CODE_THREW', name: 'Thrown', message: typeof thrown === 'string' ? thrown : inspect(thrown) }
  } catch {
    return { code: 'CODE_THREW', name: 'Thrown', message: 'a value that cannot be described' }
  }
}

function describeErrorLike(error: Error): GuestError {
  const name = typeof error.name === 'string' && error.name !== '' ? error.name : 'Thrown'
  const message = OriginalString(error.message)
  const { stack } = error
  const failure = ToolError.failureOf(error)
  const isOurs = failure !== undefined || error instanceof NotSerializableError
  const details = isOurs ? undefined : detailsOf(error, name, message)
  return {
    code: failure?.code ?? codeOf(error),
    name,
    message,
    ...(failure !== undefined && { tool: failure.tool }),
    ...(typeof stack === 'string' && { stack }),
    ...(details !== undefined && { details }),
  }
}

const MAX_DETAILS = 4_000
const BRIEF = { maxArrayLength: 10, maxStringLength: 500 }

/** Returns the properties, cause and inner errors of an error as text. */
function detailsOf(error: Error, name: string, message: string): string | undefined {
  const text = inspect(error, BRIEF)
  const head = message === '' ? `[${name}]` : `[${name}: ${message}]`
  const rest = stringTrim(stringIndexOf(text, head) === 0 ? stringSlice(text, head.length) : text)
  return rest === '' ? undefined : stringSlice(rest, 0, MAX_DETAILS)
}

function codeOf(error: Error): string {
  if (error instanceof NotSerializableError) return error.code
  if (isOutOfMemory(error)) return 'LIMIT_MEMORY'
  return isStackOverflow(error) ? 'LIMIT_STACK' : 'CODE_THREW'
}

/** Whether V8 had no memory for a buffer. Programs can catch this error; other failed allocations end the guest. */
function isOutOfMemory(error: Error): boolean {
  return error.name === 'RangeError' && error.message === 'Array buffer allocation failed'
}

/** Whether the error is a stack overflow. Messages differ between engines, so it is compared with a provoked one. */
function isStackOverflow(error: Error): boolean {
  if (error.name !== 'RangeError' && error.name !== 'InternalError') return false
  try {
    dive()
  } catch (overflow) {
    return error.name === (overflow as Error).name && error.message === (overflow as Error).message
  }
  return false
}

function dive(): number {
  return dive() + 1
}
