import type { ExecuteResult } from './execution/result.ts'

/** What the model is told of an execution, as plain JSON. */
export type ModelOutput = { readonly logs?: string } & ({ readonly result: unknown } | { readonly error: string })

/** How much of a value is told. What is past it is said to be cut. */
export interface ModelOutputBounds {
  /** Of one text, and of the whole result as JSON, in UTF-16 units. */
  readonly text: number
  /** Objects, lists and their elements together, however they are shared. */
  readonly nodes: number
  readonly depth: number
}

/** More helps no model and costs much. */
const MODEL_BOUNDS: ModelOutputBounds = { text: 50_000, nodes: 20_000, depth: 32 }

export function toModelOutput(result: ExecuteResult, bounds = MODEL_BOUNDS): ModelOutput {
  const logs = result.logs
    .map(({ level, text }) => (level === 'log' || level === 'info' ? text : `[${level}] ${text}`))
    .join('\n')
  const shown = logs === '' ? {} : { logs: cut(logs, bounds.text) }
  if (result.ok) return { result: jsonValue(result.value, bounds), ...shown }
  const { code, name, message, line, column, stack } = result.error
  const place = stack ?? (line === undefined ? undefined : `at line ${line}, column ${column}`)
  return { error: cut(`${code}: ${name}: ${message}${place === undefined ? '' : `\n${place}`}`, bounds.text), ...shown }
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}\n[cut: ${text.length - limit} more characters]`
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
  const isFull = () => nodes > bounds.nodes || room <= 0
  const convert = (value: unknown, depth: number): unknown => {
    nodes++
    if (isFull()) return '[cut]'
    switch (typeof value) {
      case 'string':
        return take(value)
      case 'bigint':
        return take(String(value))
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
    if (depth > bounds.depth) return '[cut]'
    const list = (items: Iterable<unknown>) => {
      const shown: unknown[] = []
      for (const item of items) {
        if (isFull()) break
        shown.push(convert(item, depth + 1))
      }
      return shown
    }
    if (Array.isArray(value) || value instanceof Set) return list(value)
    if (value instanceof Map) return list(value)
    const shown: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(value)) {
      if (isFull()) break
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
  const text = JSON.stringify(converted)
  return text.length <= bounds.text ? converted : cut(text, bounds.text)
}
