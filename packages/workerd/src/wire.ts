import type { Program, Turn } from '@glovebox/core/adapter'
import { MARKS, splitBatch } from './guest-worker.ts'

/**
 * First message from a host to the Worker that runs its guest. Each WebSocket serves one guest: the host sends this
 * message and then the guest's further messages. Each message is a turn and is answered with one frame.
 */
export interface Load {
  readonly program: Program
  readonly first: string
  readonly outputLength: number
  readonly cpuTimeMs: number
}

/** Header of the handshake response with the id of the runtime. Host and Worker must have the same runtime. */
export const RUNTIME_HEADER = 'glovebox-runtime'

/** Close code if the guest has ended, rather than only the connection. The close reason describes why. */
export const GUEST_GONE = 4_000

export const formatLoad = (load: Load): string => JSON.stringify(load)

/**
 * Parses and validates the first message.
 *
 * @throws `SyntaxError` or `TypeError` if the message is invalid
 */
export function parseLoad(text: unknown): Load {
  const { program, first, outputLength, cpuTimeMs } = JSON.parse(text as string) as Partial<Load>
  const isLoad =
    typeof program?.source === 'string' && typeof first === 'string' && isCount(outputLength) && isCount(cpuTimeMs)
  if (!isLoad) throw new TypeError('the load message is malformed')
  return { program: { name: program.name, source: program.source }, first, outputLength, cpuTimeMs }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0

/** Sent once for a guest that was created ahead of time, when it is ready for its program. */
export const READY = '*'

export type Frame =
  | { readonly type: 'turn'; readonly messages: readonly string[]; readonly failed?: NonNullable<Turn['failed']> }
  /** The guest sent more than its output limit. */
  | { readonly type: 'flood' }

/**
 * Parses a frame of a guest.
 *
 * @throws `SyntaxError` or `TypeError` if the frame is invalid
 */
export function parseFrame(text: unknown): Frame {
  if (typeof text !== 'string') throw new TypeError('a frame is not a string')
  const rest = text.slice(1)
  switch (text[0]) {
    case MARKS.turn:
      return { type: 'turn', messages: splitBatch(rest) }
    case MARKS.failed:
      return { type: 'turn', messages: [], failed: parseFailure(rest) }
    case MARKS.flood:
      return { type: 'flood' }
    default:
      throw new TypeError('a frame begins with an unknown mark')
  }
}

function parseFailure(text: string): NonNullable<Turn['failed']> {
  const { kind, name, message, line, column } = JSON.parse(text) as Record<string, unknown>
  const place = isCount(line) && isCount(column) ? { line, column } : {}
  return { kind: kind === 'syntax' ? 'syntax' : 'runtime', name: String(name), message: String(message), ...place }
}

/** Syntax error of workerd: `Uncaught SyntaxError: message` and, on a separate line, `at program.js:line:column`. */
const SYNTAX_ERROR = /SyntaxError: (.*)/
const PLACE = /program\.js:(\d+)(?::(\d+))?/

/** Formats the error of a guest that could not be loaded, as the frame of its first turn. */
export function formatLoadFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const [, message] = SYNTAX_ERROR.exec(text) ?? []
  if (message === undefined) return MARKS.failed + JSON.stringify({ name: 'Error', message: text })
  const [, line, column] = PLACE.exec(text) ?? []
  const place = line === undefined || column === undefined ? {} : { line: Number(line), column: Number(column) }
  return MARKS.failed + JSON.stringify({ kind: 'syntax', name: 'SyntaxError', message, ...place })
}
