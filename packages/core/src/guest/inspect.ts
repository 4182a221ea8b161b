import { chainOf, hasBuiltInText } from './inspect-kind.ts'
import { isPrimitive, showPrimitive } from './inspect-primitive.ts'
import { type Inspection, show } from './inspect-value.ts'

/** Maximum value of the `depth` option: a guest's stack is small. */
const MAX_DEPTH = 100
/** Approximate maximum number of characters for one value, so that a hostile value cannot take unlimited time. */
const MAX_LENGTH = 1_000_000

const DEFAULTS = {
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10_000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
}

/** Maximum number of nested calls of `inspect` by custom inspectors. */
const MAX_NESTED = 50
let nested = 0

/** Returns a value as text like Node's `util.inspect`, but without the stacks of errors. */
export function inspect(value: unknown, options?: object): string {
  if (nested >= MAX_NESTED) return '…'
  nested++
  try {
    return inspectAfresh(value, options)
  } finally {
    nested--
  }
}

function inspectAfresh(value: unknown, options?: object): string {
  const all: Record<keyof typeof DEFAULTS, unknown> = { ...DEFAULTS, ...options }
  return show(
    {
      depth: Math.min(limit(all.depth, DEFAULTS.depth), MAX_DEPTH),
      breakLength: limit(all.breakLength, DEFAULTS.breakLength),
      compact: all.compact === false ? 0 : limit(all.compact, DEFAULTS.compact),
      maxArrayLength: Math.max(limit(all.maxArrayLength, DEFAULTS.maxArrayLength), 0),
      maxStringLength: Math.max(limit(all.maxStringLength, DEFAULTS.maxStringLength), 0),
      showHidden: all.showHidden === true,
      sorted: typeof all.sorted === 'function' ? (all.sorted as () => number) : all.sorted === true,
      customInspect: all.customInspect !== false,
      options: all,
      inspect,
      seen: [],
      circular: new Map(),
      reached: 0,
      left: MAX_LENGTH,
    } satisfies Inspection,
    value,
    0,
  )
}

function limit(asked: unknown, standard: number): number {
  if (asked === null) return Infinity
  return typeof asked === 'number' && !Number.isNaN(asked) ? asked : standard
}

/**
 * Joins arguments like Node's `console.log`, with support for `%s` and the other directives.
 *
 * @param options options of `inspect` for arguments without a directive
 */
export function format(values: readonly unknown[], options?: object): string {
  const [template] = values
  let next = 1
  let text = ''
  if (typeof template === 'string' && values.length > 1 && template.includes('%')) {
    text = template.replace(/%([%sdifjoOc])/g, (directive, letter: string) => {
      // After the last argument, only `%%` is still replaced.
      if (letter === '%') return '%'
      return next < values.length ? convert(letter, values[next++]) : directive
    })
  } else if (values.length > 0) text = plain(template, options)
  for (; next < values.length; next++) {
    if (text.length > MAX_LENGTH) return `${text} … `
    text += ` ${plain(values[next], options)}`
  }
  return text
}

const plain = (value: unknown, options?: object): string =>
  typeof value === 'string' ? value : isPrimitive(value) ? showPrimitive(value) : inspect(value, options)

function convert(letter: string, value: unknown): string {
  switch (letter) {
    case 's':
      return convertToText(value)
    case 'd':
      return convertToNumber(value, Number)
    case 'i':
      return convertToNumber(value, (number) => Number.parseInt(number as string, 10))
    case 'f':
      return typeof value === 'symbol' ? 'NaN' : showPrimitive(safely(() => Number.parseFloat(value as string), NaN))
    case 'j':
      return convertToJson(value)
    case 'o':
      return inspect(value, { showHidden: true, showProxy: true, depth: 4 })
    case 'O':
      return inspect(value)
    default:
      return ''
  }
}

function convertToText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return showPrimitive(value)
  const shown = () => inspect(value, { depth: 0 })
  const isText = () =>
    typeof value === 'function' || isPrimitive(value) || !hasBuiltInText(value as object, chainOf(value as object))
  return safely(() => (isText() ? String(value) : undefined), undefined) ?? shown()
}

function convertToNumber(value: unknown, convertOne: (value: unknown) => number): string {
  if (typeof value === 'bigint') return `${value}n`
  return typeof value === 'symbol' ? 'NaN' : showPrimitive(safely(() => convertOne(value), NaN))
}

function convertToJson(value: unknown): string {
  try {
    return `${JSON.stringify(value)}`
  } catch (error) {
    return /circular/i.test(safely(() => String(error), '')) ? '[Circular]' : inspect(value)
  }
}

function safely<Result, Fallback>(compute: () => Result, fallback: Fallback): Result | Fallback {
  try {
    return compute()
  } catch {
    return fallback
  }
}
