import type { ExecutionError } from './contract/errors.ts'
import { assertKnownOptions, atLeast } from './contract/options.ts'
import { isBuiltin } from './discovery/builtin-namespace.ts'
import type { ToolCallRecord } from './execution/events.ts'
import type { ExecuteResult } from './execution/result.ts'
import { bytesToBase64 } from './protocol/codec/base64.ts'
import { isBox, measureValue } from './values/value-size.ts'

/**
 * The result of an execution for the model, as plain JSON. `result` is the return value of a successful program,
 * `warning` lists likely mistakes of the program, `observed` the types of results that were unknown before, and `logs` is
 * its console output.
 */
export type ModelOutput = { readonly warning?: string; readonly observed?: string; readonly logs?: string } & (
  | { readonly result: unknown }
  /** The error of a failed program. `completed` lists its completed calls, so that the next program can skip them. */
  | { readonly error: string; readonly completed?: string; readonly waiting?: Waiting }
  /** A program that waits for decisions on its calls. */
  | { readonly waiting: Waiting }
)

/** Calls for which a suspended run waits. */
export interface Waiting {
  /** Id of the run. */
  readonly run: string
  /** Calls that wait, with their inputs as plain JSON. An input that is too large to show is absent. */
  readonly calls: readonly { readonly call: number; readonly tool: string; readonly input?: unknown }[]
}

/** Maximum size of a result that the model receives. Larger results are cut, with a mark at the cut. */
export interface ModelOutputBounds {
  /**
   * Maximum length of all texts in the value together, in UTF-16 code units. It also limits the logs and the error
   * text, separately. The value has at most twice this length as JSON. Default: 50,000.
   */
  readonly text: number
  /** Maximum number of objects, arrays and primitives. Shared objects count at every reference. Default: 20,000. */
  readonly nodes: number
  /** Maximum depth of nesting. Default: 32. */
  readonly depth: number
}

/** Maximum number of tools whose completed calls are listed. */
const MAX_COMPLETED = 20

/** Maximum length of the types of observed results, in characters. */
const MAX_OBSERVED = 1_200

/** Default bounds. Larger results do not help the model and cost many tokens. */
const MODEL_BOUNDS: ModelOutputBounds = { text: 50_000, nodes: 20_000, depth: 32 }

/**
 * Returns the default bounds, replaced by the given ones.
 *
 * @throws `TypeError` for an unknown bound, or a bound that is not an integer of at least 1
 */
export function chooseModelOutput(given: Partial<ModelOutputBounds> = {}): ModelOutputBounds {
  assertKnownOptions('`modelOutput`', given, Object.keys(MODEL_BOUNDS))
  for (const [name, value] of Object.entries(given)) atLeast(`modelOutput.${name}`, value, 1)
  return { ...MODEL_BOUNDS, ...given }
}

/**
 * Converts the result of an execution to plain JSON for the model, cut to the bounds.
 *
 * @param showBytes converts binary data to text. Default: its length, as in `[3 bytes]`
 */
export function toModelOutput(
  result: ExecuteResult,
  bounds: ModelOutputBounds = MODEL_BOUNDS,
  showBytes: (bytes: Uint8Array) => string = ({ byteLength }) => `[${byteLength} bytes]`,
): ModelOutput {
  const logs = result.logs
    .map(({ level, text }) => (level === 'log' || level === 'info' ? text : `[${level}] ${text}`))
    .join('\n')
  const shown = logs === '' ? {} : { logs: cut(logs, bounds.text) }
  const warned = {
    ...(result.warnings !== undefined && { warning: result.warnings.join(' ') }),
    ...observedIn(result),
  }
  if (result.ok) return { result: jsonValue(result.value, bounds, showBytes), ...warned, ...shown }
  if (result.status === 'suspended') return { waiting: waitingOf(result), ...shown }
  return { error: cut(errorText(result.error), bounds.text), ...completedOf(result.calls), ...warned, ...shown }
}

/** Maximum size of an input that a person is asked to approve. */
const SHOWN = { text: 50_000, nodes: 2_000 }
const WHOLE: ModelOutputBounds = {
  text: Number.POSITIVE_INFINITY,
  nodes: Number.POSITIVE_INFINITY,
  depth: Number.POSITIVE_INFINITY,
}

/** Returns what a run waits for. Inputs are never cut: the person who decides must see everything. */
export function waitingOf({
  run,
  pending,
}: Pick<Extract<ExecuteResult, { status: 'suspended' }>, 'run' | 'pending'>): Waiting {
  const calls = pending.map(({ call, tool, input }) => {
    const { characters, nodes, isCyclic } = measureValue(input)
    if (isCyclic || characters > SHOWN.text || nodes > SHOWN.nodes) return { call, tool }
    return { call, tool, input: jsonValue(input, WHOLE, bytesToBase64) }
  })
  return { run, calls }
}

function errorText({ code, name, message, tool, hint, frame, details, stack }: ExecutionError): string {
  const failed = tool === undefined || message.includes(tool) ? message : `${tool} failed: ${message}`
  const head = `${code}: ${name}: ${failed}`
  // The details of a mistake in types are further mistakes.
  const parts =
    code === 'CODE_TYPE' ? [head, frame, hint, details] : [head, details, hint, frame, stack && withoutRepeats(stack)]
  return parts.filter((part) => part !== undefined).join('\n')
}

/** Removes repeated frames: endless recursion fills a stack with one frame. */
function withoutRepeats(stack: string): string {
  const frames = stack.split('\n')
  const distinct = frames.filter((frame, index) => frame !== frames[index - 1])
  return distinct.length === frames.length ? stack : `${distinct.join('\n')}\n…`
}

/** Lists the types of results that were unknown before, as far as they are short. */
function observedIn({ observed = [] }: ExecuteResult): { observed?: string } {
  const lines: string[] = []
  let room = MAX_OBSERVED
  for (const { tool, type } of observed) {
    const line = `${tool} returned ${type}`
    room -= line.length
    if (room >= 0 && type !== 'unknown') lines.push(line)
  }
  return lines.length === 0 ? {} : { observed: lines.join('\n') }
}

/** Lists the completed calls of a failed program, which stay in effect. Calls that are not read-only come first. */
function completedOf(calls: readonly ToolCallRecord[]): { completed?: string } {
  const returned = calls.filter(({ outcome, tool }) => outcome === 'returned' && !isBuiltin(tool))
  if (returned.length === 0) return {}
  const ordered = [...returned.filter(({ readOnly }) => !readOnly), ...returned.filter(({ readOnly }) => readOnly)]
  const counts = new Map<string, number>()
  for (const { tool } of ordered) counts.set(tool, (counts.get(tool) ?? 0) + 1)
  const told = [...counts]
    .slice(0, MAX_COMPLETED)
    .map(([tool, count]) => (count === 1 ? tool : `${tool} (${count} times)`))
  const more = counts.size - told.length
  const names = `${told.join(', ')}${more > 0 ? ` and ${more} other tools` : ''}`
  return { completed: `These calls had completed: ${names}. Continue from there; do not repeat them.` }
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}\n[cut: ${text.length - limit} more characters]`
}

/** Formats a BigInt in decimal if it is short: the time is quadratic in its length. */
function bigIntText(value: bigint, limit: number): string {
  const digits = value.toString(16)
  return digits.length > limit ? `[a BigInt of ${digits.length} hexadecimal digits]` : String(value)
}

/** Converts a value to plain JSON within the bounds, even if its objects are shared or cyclic. */
function jsonValue(root: unknown, bounds: ModelOutputBounds, showBytes: (bytes: Uint8Array) => string): unknown {
  let nodes = 0
  let room = bounds.text
  const take = (text: string): string => {
    const taken = cut(text, Math.max(0, room))
    room -= text.length
    return taken
  }
  const ancestors = new Set<object>()
  const isFull = () => nodes > bounds.nodes || room <= 0
  const convert = (value: unknown, depth: number): unknown => {
    nodes++
    if (isFull()) return '[cut]'
    switch (typeof value) {
      case 'string':
        return take(value)
      case 'bigint':
        return take(bigIntText(value, bounds.text))
      case 'undefined':
        return null
      case 'number':
        return Number.isFinite(value) ? value : String(value)
      case 'object':
        break
      default:
        return value
    }
    if (value === null) return null
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (value instanceof RegExp) return String(value)
    if (value instanceof Error) return take(`${value.name}: ${value.message}`)
    if (value instanceof ArrayBuffer) return showBytes(new Uint8Array(value))
    if (ArrayBuffer.isView(value)) return showBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    if (isBox(value)) return convert(value.valueOf(), depth + 1)
    if (ancestors.has(value)) return '[circular]'
    if (depth > bounds.depth) return '[cut]'
    ancestors.add(value)
    const shown = convertInside(value, depth)
    ancestors.delete(value)
    return shown
  }
  const convertInside = (value: object, depth: number): unknown => {
    const list = (items: Iterable<unknown>, count: number) => {
      const shown: unknown[] = []
      for (const item of items) {
        if (isFull()) {
          shown.push(`[cut: ${count - shown.length} more items]`)
          break
        }
        shown.push(convert(item, depth + 1))
      }
      return shown
    }
    if (Array.isArray(value)) return list(value, value.length)
    if (value instanceof Set || value instanceof Map) return list(value, value.size)
    const shown: Record<string, unknown> = {}
    const entries = Object.entries(value)
    for (const [index, [key, item]] of entries.entries()) {
      if (isFull()) {
        shown['…'] = `[cut: ${entries.length - index} more members]`
        break
      }
      Object.defineProperty(shown, take(key), {
        value: convert(item, depth + 1),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return shown
  }
  const converted = convert(root, 0)
  // Quotes, escapes and cut marks are not counted above. A text that consists mostly of escapes is cut here.
  const text = JSON.stringify(converted)
  return text.length <= 2 * bounds.text ? converted : `${text.slice(0, bounds.text)}\n[cut]`
}
