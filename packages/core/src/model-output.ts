import type { ExecutionError } from './errors.ts'
import type { ToolCallRecord } from './execution/events.ts'
import type { ExecuteResult } from './execution/result.ts'
import { assertKnownOptions, atLeast } from './options.ts'
import { isBox } from './protocol/value-size.ts'

/** What the model is told of an execution, as plain JSON. */
export type ModelOutput = { readonly warning?: string; readonly logs?: string } & (
  | { readonly result: unknown }
  /** `completed` names the calls that a failed program had made, so that the next one does not repeat them. */
  | { readonly error: string; readonly completed?: string }
)

/** How much of a value is told. What is past it is said to be cut. */
export interface ModelOutputBounds {
  /** Of one text, and of all texts of a result together, in UTF-16 units. As JSON, the whole takes no more than twice as many. */
  readonly text: number
  /** Objects, lists and their elements together, however they are shared. */
  readonly nodes: number
  readonly depth: number
}

/** Tools whose completed calls are named. */
const MAX_COMPLETED = 20

/** More helps no model and costs much. */
const MODEL_BOUNDS: ModelOutputBounds = { text: 50_000, nodes: 20_000, depth: 32 }

/** @throws `TypeError` for a bound that is unknown, or no integer of at least 1 */
export function chooseModelOutput(given: Partial<ModelOutputBounds> = {}): ModelOutputBounds {
  assertKnownOptions('`modelOutput`', given, Object.keys(MODEL_BOUNDS))
  for (const [name, value] of Object.entries(given)) atLeast(`modelOutput.${name}`, value, 1)
  return { ...MODEL_BOUNDS, ...given }
}

export function toModelOutput(result: ExecuteResult, bounds = MODEL_BOUNDS): ModelOutput {
  const logs = result.logs
    .map(({ level, text }) => (level === 'log' || level === 'info' ? text : `[${level}] ${text}`))
    .join('\n')
  const shown = logs === '' ? {} : { logs: cut(logs, bounds.text) }
  const warned = result.warnings === undefined ? {} : { warning: result.warnings.join(' ') }
  if (result.ok) return { result: jsonValue(result.value, bounds), ...warned, ...shown }
  return { error: cut(errorText(result.error), bounds.text), ...completedOf(result.calls), ...warned, ...shown }
}

function errorText({ code, name, message, tool, hint, frame, details, stack }: ExecutionError): string {
  const failed = tool === undefined || message.includes(tool) ? message : `${tool} failed: ${message}`
  const parts = [`${code}: ${name}: ${failed}`, details, hint, frame, stack && withoutRepeats(stack)]
  return parts.filter((part) => part !== undefined).join('\n')
}

/** Endless recursion fills a stack with one frame. */
function withoutRepeats(stack: string): string {
  const frames = stack.split('\n')
  const distinct = frames.filter((frame, index) => frame !== frames[index - 1])
  return distinct.length === frames.length ? stack : `${distinct.join('\n')}\n…`
}

/** What a failed program has done stays done. Calls that may have changed something come first. */
function completedOf(calls: readonly ToolCallRecord[]): { completed?: string } {
  const returned = calls.filter(({ outcome }) => outcome === 'returned')
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

/** In decimal where that is short: writing more of it takes the square of its length. */
function bigIntText(value: bigint, limit: number): string {
  const digits = value.toString(16)
  return digits.length > limit ? `[a BigInt of ${digits.length} hexadecimal digits]` : String(value)
}

/** A value as JSON can say it, within bounds, however its parts are shared. */
function jsonValue(root: unknown, bounds: ModelOutputBounds): unknown {
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
    if (value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
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
  // Quotes, escapes and what is said of cuts come on top; a text that is mostly escapes is cut once more.
  const text = JSON.stringify(converted)
  return text.length <= 2 * bounds.text ? converted : `${text.slice(0, bounds.text)}\n[cut]`
}
