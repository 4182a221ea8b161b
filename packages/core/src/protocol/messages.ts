import { jsonParse, jsonStringify, stringIndexOf, stringSlice } from './intrinsics.ts'
import { toJson } from './json.ts'

/** Version of the protocol. It is incremented with every change that an older guest or host would misinterpret. */
export const PROTOCOL_VERSION = 1

/** Namespace of the functions that every program has. No provider can have it. */
export const BUILTINS = 'codemode'
/** Path that guests call to read the bytes of an attachment, with its handle. */
export const READ_BYTES = `${BUILTINS}.bytes`

export const LOG_LEVELS = ['debug', 'info', 'log', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Message from the guest to the host. */
export type GuestMessage =
  /** Log entry. `truncated`: the log has reached its limit, so this text is cut and no further entry follows. */
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string; readonly truncated?: true }
  /** Tool call. The payload is the input. `id` counts from 1, in the order of the calls. */
  | { readonly type: 'call'; readonly id: number; readonly tool: string }
  /** Requests a wake-up at a time of the guest's clock, in milliseconds since the epoch. Null cancels the request. */
  | { readonly type: 'wake'; readonly at: number | null }
  /**
   * Result of the program. The payload is the value. `omitted`: path of the first function that was left out of it.
   * `unhandled`: rejections of promises that the program did not await.
   */
  | { readonly type: 'returned'; readonly omitted?: string; readonly unhandled?: readonly Rejection[] }
  | { readonly type: 'threw'; readonly error: GuestError }

/** Reason of a rejected promise. */
export interface Rejection {
  readonly name: string
  readonly message: string
  /** The tool whose call failed. */
  readonly tool?: string
}

/** Error of a failed program, as the guest reports it. It is untrusted: only its schema has been checked. */
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

/** Message from the host to the guest. Each one sets the guest's clock, which stands still until the next message. */
export type HostMessage =
  | {
      readonly type: 'start'
      readonly version: number
      readonly now: number
      /** Seed of the random numbers: four unsigned 32-bit integers. */
      readonly seed: readonly number[]
      readonly limits: { readonly messageBytes: number; readonly resultBytes: number; readonly logBytes: number }
      /** Names of the tools that the program may call, by namespace. */
      readonly namespaces: { readonly [namespace: string]: readonly string[] }
    }
  /** Result of a tool call. The payload is the output. `attachments`: handles in it whose bytes the host keeps. */
  | { readonly type: 'returned'; readonly now: number; readonly id: number; readonly attachments?: readonly string[] }
  | {
      readonly type: 'failed'
      readonly now: number
      readonly id: number
      readonly error: { readonly code: string; readonly message: string }
    }
  | { readonly type: 'wake'; readonly now: number }

const SEPARATOR = '\n'

/** Formats a message: one line of JSON, then, after a line break, the payload as the codec encoded it. */
export function formatMessage(header: GuestMessage | HostMessage, payload = ''): string {
  return payload === '' ? toJson(header) : toJson(header) + SEPARATOR + payload
}

/** Formats a tool call without `JSON.stringify` of an object, since guests send hundreds of calls and log entries. */
export function formatCall(id: number, quotedTool: string, payload: string): string {
  return `{"type":"call","id":${id},"tool":${quotedTool}}${SEPARATOR}${payload}`
}

export function formatLog(level: LogLevel, text: string): string {
  return `{"type":"log","level":"${level}","text":${jsonStringify(text)}}`
}

/** @throws `SyntaxError` if the first line is not JSON */
export function parseMessage(text: string): { readonly header: unknown; readonly payload: string } {
  const end = stringIndexOf(text, SEPARATOR)
  return end < 0
    ? { header: jsonParse(text), payload: '' }
    : { header: jsonParse(stringSlice(text, 0, end)), payload: stringSlice(text, end + 1) }
}
