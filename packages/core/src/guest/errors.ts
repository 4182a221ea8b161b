import { NotSerializableError } from '../protocol/codec.ts'
import { OriginalString } from '../protocol/intrinsics.ts'
import type { GuestError } from '../protocol/messages.ts'
import { define } from './define.ts'
import { inspect } from './inspect.ts'

/** What a failed host call rejects with. `code` is one of the `TOOL_…` codes or `LIMIT_MESSAGE_SIZE`. */
export class ToolError extends Error {
  readonly tool: string
  code = 'TOOL_FAILED'
  #failed = false

  constructor(tool: string) {
    super()
    this.tool = tool
  }

  /** Made where the call was made, for the sake of its stack; filled in when the call fails. */
  fail(code: string, message: string): this {
    this.#failed = true
    this.code = code
    define(this, 'message', message)
    return this
  }

  /** The code, if this really is a failed host call's error. */
  static codeOf(value: object): string | undefined {
    return #failed in value && value.#failed ? value.code : undefined
  }
}
define(ToolError.prototype, 'name', 'ToolError')

/** Describes whatever a program threw. Never throws itself, whatever traps the value is made of. */
export function describeThrown(thrown: unknown): GuestError {
  try {
    if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return describeErrorLike(thrown as Error)
    return { code: 'CODE_THREW', name: 'Thrown', message: typeof thrown === 'string' ? thrown : inspect(thrown) }
  } catch {
    return { code: 'CODE_THREW', name: 'Thrown', message: 'a value that cannot be described' }
  }
}

function describeErrorLike(error: Error): GuestError {
  const name = OriginalString(error.name)
  const stack = error.stack
  const described = { code: codeOf(error), name, message: OriginalString(error.message) }
  return typeof stack === 'string' ? { ...described, stack } : described
}

function codeOf(error: Error): string {
  if (error instanceof NotSerializableError) return error.code
  if (isOutOfMemory(error)) return 'LIMIT_MEMORY'
  return ToolError.codeOf(error) ?? (isStackOverflow(error) ? 'LIMIT_STACK' : 'CODE_THREW')
}

/** V8 lets a program catch that there was no memory for a buffer; whatever else it has no memory for ends the guest. */
function isOutOfMemory(error: Error): boolean {
  return error.name === 'RangeError' && error.message === 'Array buffer allocation failed'
}

/** Engines word this error differently, so it is compared with one provoked on the spot. */
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
