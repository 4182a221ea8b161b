import { jsonParse, jsonStringify, stringIndexOf, stringSlice } from './intrinsics.ts'
import { toJson } from './json.ts'

/** Raised with every change that an older guest or host would misread. */
export const PROTOCOL_VERSION = 1

export const LOG_LEVELS = ['debug', 'info', 'log', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Guest to host. */
export type GuestMessage =
  /** `truncated`: the log has reached its limit; this text is cut and nothing follows it. */
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string; readonly truncated?: true }
  /** Payload: the input. `id` counts up from 1, in the order the program made its calls. */
  | { readonly type: 'call'; readonly id: number; readonly tool: string }
  /** Wake me at this time of the guest's clock, in milliseconds since the epoch; null takes the wish back. */
  | { readonly type: 'wake'; readonly at: number | null }
  /**
   * Payload: the value. `omitted`: the path of the first function that was left out of it. `unhandled`: what promises that
   * nothing awaits were rejected with.
   */
  | { readonly type: 'returned'; readonly omitted?: string; readonly unhandled?: readonly Rejection[] }
  | { readonly type: 'threw'; readonly error: GuestError }

/** What a promise was rejected with. */
export interface Rejection {
  readonly name: string
  readonly message: string
  /** The tool whose call failed. */
  readonly tool?: string
}

/** How a program ended badly, in the guest's own words: nothing here is to be trusted further than its schema. */
export interface GuestError {
  readonly code: string
  readonly name: string
  readonly message: string
  /** The tool whose call failed. */
  readonly tool?: string
  readonly stack?: string
  /** Properties, cause and inner errors, as text. */
  readonly details?: string
}

/** Host to guest. Every one carries the clock: the guest's time stands still until the next. */
export type HostMessage =
  | {
      readonly type: 'start'
      readonly version: number
      readonly now: number
      /** Four unsigned 32-bit integers. */
      readonly seed: readonly number[]
      readonly limits: { readonly messageBytes: number; readonly resultBytes: number; readonly logBytes: number }
      /** Tool names by namespace, as the program may call them. */
      readonly namespaces: { readonly [namespace: string]: readonly string[] }
    }
  /** Payload: the output. */
  | { readonly type: 'returned'; readonly now: number; readonly id: number }
  | {
      readonly type: 'failed'
      readonly now: number
      readonly id: number
      readonly error: { readonly code: string; readonly message: string }
    }
  | { readonly type: 'wake'; readonly now: number }

const SEPARATOR = '\n'

/** A message is one line of JSON, then, after a line break, the payload as the codec wrote it. */
export function formatMessage(header: GuestMessage | HostMessage, payload = ''): string {
  return payload === '' ? toJson(header) : toJson(header) + SEPARATOR + payload
}

/** The same for the two messages that guests send by the hundred: engines write a string faster than an object. */
export function formatCall(id: number, quotedTool: string, payload: string): string {
  return `{"type":"call","id":${id},"tool":${quotedTool}}${SEPARATOR}${payload}`
}

export function formatLog(level: LogLevel, text: string): string {
  return `{"type":"log","level":"${level}","text":${jsonStringify(text)}}`
}

/** @throws `SyntaxError` where the first line is not JSON */
export function parseMessage(text: string): { readonly header: unknown; readonly payload: string } {
  const end = stringIndexOf(text, SEPARATOR)
  return end < 0
    ? { header: jsonParse(text), payload: '' }
    : { header: jsonParse(stringSlice(text, 0, end)), payload: stringSlice(text, end + 1) }
}
