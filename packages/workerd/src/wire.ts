import type { Program, Turn } from '@glovebox/core/adapter'
import { MARKS, splitBatch } from './guest-worker.ts'

/**
 * Between a host and the Worker that holds its guest, over a WebSocket that serves one guest: first what the guest is to
 * be, with its first message, then its other messages. Each is a turn, and answered with one frame.
 */
export interface Load {
  readonly program: Program
  readonly first: string
  readonly outputLength: number
  readonly cpuTimeMs: number
}

/** Of the response that begins it: what the guest's runtime is. Both ends must have the same. */
export const RUNTIME_HEADER = 'glovebox-runtime'

/** Closes it where the guest is gone, and not only the way to it; the reason tells of it. */
export const GUEST_GONE = 4_000

export const formatLoad = (load: Load): string => JSON.stringify(load)

/** @throws an error for what is none */
export function parseLoad(text: unknown): Load {
  const { program, first, outputLength, cpuTimeMs } = JSON.parse(text as string) as Partial<Load>
  const isLoad =
    typeof program?.source === 'string' && typeof first === 'string' && isCount(outputLength) && isCount(cpuTimeMs)
  if (!isLoad) throw new TypeError('what is to be loaded is malformed')
  return { program: { name: program.name, source: program.source }, first, outputLength, cpuTimeMs }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0

/** Said once, of a guest that was made ahead: it waits for its program. */
export const READY = '*'

export type Frame =
  | { readonly type: 'turn'; readonly messages: readonly string[]; readonly failed?: NonNullable<Turn['failed']> }
  /** The guest said more than a turn may. */
  | { readonly type: 'flood' }

/** @throws an error for what no guest of ours says */
export function parseFrame(text: unknown): Frame {
  if (typeof text !== 'string') throw new TypeError('a frame that is no text')
  const rest = text.slice(1)
  switch (text[0]) {
    case MARKS.turn:
      return { type: 'turn', messages: splitBatch(rest) }
    case MARKS.failed:
      return { type: 'turn', messages: [], failed: parseFailure(rest) }
    case MARKS.flood:
      return { type: 'flood' }
    default:
      throw new TypeError('a frame that is none')
  }
}

function parseFailure(text: string): NonNullable<Turn['failed']> {
  const { kind, name, message, line, column } = JSON.parse(text) as Record<string, unknown>
  const place = isCount(line) && isCount(column) ? { line, column } : {}
  return { kind: kind === 'syntax' ? 'syntax' : 'runtime', name: String(name), message: String(message), ...place }
}

/** `Uncaught SyntaxError: message` and, on a line of its own, `at program.js:line:column`, as workerd words it. */
const SYNTAX_ERROR = /SyntaxError: (.*)/
const PLACE = /program\.js:(\d+)(?::(\d+))?/

/** What to say of a guest that could not be loaded: a frame for its first turn. */
export function formatLoadFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const [, message] = SYNTAX_ERROR.exec(text) ?? []
  if (message === undefined) return MARKS.failed + JSON.stringify({ name: 'Error', message: text })
  const [, line, column] = PLACE.exec(text) ?? []
  const place = line === undefined || column === undefined ? {} : { line: Number(line), column: Number(column) }
  return MARKS.failed + JSON.stringify({ kind: 'syntax', name: 'SyntaxError', message, ...place })
}
