import { type ExecutionError, type ExecutionErrorCode, RunError } from '../contract/errors.ts'
import type { Limits } from '../contract/limits.ts'
import type { PreparedProgram } from '../program/program.ts'
import { decode } from '../protocol/codec.ts'
import type { GuestError } from '../protocol/messages.ts'
import type { CheckedGuestMessage } from '../protocol/schemas.ts'
import { exceedsBytes } from '../protocol/size.ts'
import { isCostlyToRead, measureValue } from '../values/value-size.ts'
import type { PendingCall } from './call-approval.ts'
import type { Executed } from './result.ts'
import type { Divergence, RunLog } from './run-log.ts'
import { normaliseStack } from './stack.ts'

/** The part of a result that describes how the program ended. */
export type ProgramEnd = Pick<Executed, 'remarks' | 'ended' | 'divergence'> & (Succeeded | Failed)
interface Succeeded {
  readonly status: 'succeeded'
  readonly ok: true
  readonly value: unknown
}
interface Failed {
  readonly status: 'failed'
  readonly ok: false
  readonly error: ExecutionError
}

interface RunSettings {
  readonly program: PreparedProgram
  readonly limits: Required<Limits>
  readonly log: RunLog
}

const MAX_ERROR_TEXT = 10_000
/** Maximum length of a recorded entry in an error. */
const MAX_SHOWN = 300

/**
 * Reads the message with which a guest reports the end of its program.
 *
 * @param text the whole message
 * @throws `MalformedValueError` for a payload that our guest runtime cannot have written
 */
export function readEnd(
  message: Extract<CheckedGuestMessage, { type: 'returned' | 'threw' }>,
  payload: string,
  text: string,
  { program, limits, log }: RunSettings,
): ProgramEnd {
  if (message.type === 'threw')
    return { status: 'failed', ok: false, error: describe(message.error, program), ended: text }
  return { ...readResult(payload, limits.resultBytes, log), remarks: message, ended: text }
}

/** Returns the part of a result that describes a suspended run. */
export function suspension(run: string, pending: readonly PendingCall[]) {
  const tools = [...new Set(pending.map(({ tool }) => tool))].join(', ')
  const what = tools === '' ? 'a timer' : `a decision on ${tools}`
  const message = clip(`The program waits for ${what}. Its run ${run} can be resumed.`)
  return {
    status: 'suspended',
    ok: false,
    run,
    pending,
    error: { code: 'RUN_SUSPENDED', name: 'Error', message },
  } as const
}

export const failure = (code: ExecutionErrorCode, message: string): Failed => ({
  status: 'failed',
  ok: false,
  error: { code, name: 'Error', message },
})

export const clip = (text: string, length = MAX_ERROR_TEXT): string =>
  text.length <= length ? text : `${text.slice(0, length)}…`

/** Returns the error for a resumed run that did not do what was recorded. */
export function diverged({ expected, received }: Divergence): RunError {
  return new RunError(
    'REPLAY_DIVERGED',
    `The run cannot be resumed: the program did not repeat what was recorded. Expected ${show(expected)}, received ${show(received)}`,
  )
}

/** Returns the error for a resumed run that ended before it reached the recorded state. */
export function endedEarly(end: ProgramEnd): RunError {
  const how = end.ok ? 'returned' : `failed with ${end.error.code}: ${end.error.message}`
  return new RunError(
    'REPLAY_DIVERGED',
    `The run cannot be resumed: the program ${how} before it reached the recorded state`,
  )
}

function show(entry: Divergence['expected'] | Divergence['received']): string {
  if (entry === undefined) return 'nothing'
  return clip(entry.type === 'call' ? `call ${entry.call} of ${entry.tool} with ${entry.input}` : entry.text, MAX_SHOWN)
}

/** Decodes a result. A graph may be far larger than its text, since shared parts count at every reference. */
function readResult(payload: string, limit: number, log: RunLog): Succeeded | Failed {
  const isTooLarge = exceedsBytes(payload, limit) || isCostlyToRead(payload)
  const value = isTooLarge ? undefined : decode(payload)
  if (isTooLarge || (payload.startsWith('g') && measureValue(value).characters > limit)) {
    return failure('LIMIT_RESULT_SIZE', `The result takes more than ${limit} bytes, or holds too many values`)
  }
  log.attachments.fillIn(value, payload)
  return { status: 'succeeded', ok: true, value }
}

function describe({ code, name, message, tool, details, stack }: GuestError, program: PreparedProgram): ExecutionError {
  const described = {
    code: code as ExecutionErrorCode,
    name: clip(name),
    message: clip(message),
    ...(tool !== undefined && { tool }),
    ...(details !== undefined && { details }),
  }
  const normalised = stack === undefined ? undefined : normaliseStack(stack, program)
  return normalised === undefined ? described : { ...described, stack: normalised.stack, ...normalised.position }
}
