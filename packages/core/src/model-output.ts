import type { ExecuteResult } from './execution/result.ts'

/** What the model is told of an execution, as plain JSON. */
export type ModelOutput = { readonly logs?: string } & ({ readonly result: unknown } | { readonly error: string })

/** Longer than this helps no model and costs much. */
const MAX_TEXT = 50_000
const MAX_NODES = 20_000
const MAX_DEPTH = 32

export function toModelOutput(result: ExecuteResult): ModelOutput {
  const logs = result.logs
    .map(({ level, text }) => (level === 'log' || level === 'info' ? text : `[${level}] ${text}`))
    .join('\n')
  const shown = logs === '' ? {} : { logs: cut(logs) }
  if (result.ok) return { result: jsonValue(result.value), ...shown }
  const { code, name, message, line, column, stack } = result.error
  const place = stack ?? (line === undefined ? undefined : `at line ${line}, column ${column}`)
  return { error: cut(`${code}: ${name}: ${message}${place === undefined ? '' : `\n${place}`}`), ...shown }
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}\n[cut: ${text.length - MAX_TEXT} more characters]`
}

/** A value as JSON can say it, within bounds, however its parts are shared. */
function jsonValue(root: unknown): unknown {
  let nodes = 0
  const convert = (value: unknown, depth: number): unknown => {
    if (++nodes > MAX_NODES) return '[cut]'
    switch (typeof value) {
      case 'string':
        return cut(value)
      case 'bigint':
        return String(value)
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
    if (value instanceof Error) return `${value.name}: ${value.message}`
    if (value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
    if (depth > MAX_DEPTH) return '[cut]'
    const list = (items: Iterable<unknown>) => {
      const shown: unknown[] = []
      for (const item of items) {
        if (nodes > MAX_NODES) break
        shown.push(convert(item, depth + 1))
      }
      return shown
    }
    if (Array.isArray(value) || value instanceof Set) return list(value)
    if (value instanceof Map) return list(value)
    const shown: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(value)) {
      if (nodes > MAX_NODES) break
      Object.defineProperty(shown, key, {
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
  return text.length <= MAX_TEXT ? converted : cut(text)
}
