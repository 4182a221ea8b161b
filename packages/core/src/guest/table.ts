import { inspect } from './inspect.ts'

const INDEX = '(index)'
const VALUE = 'Values'

/** Draws a table like Node's `console.table`. Returns undefined for other values than objects. */
export function table(rows: unknown, columns?: readonly string[]): string | undefined {
  if (typeof rows !== 'object' || rows === null) return undefined
  const entries: [unknown, unknown][] =
    rows instanceof Map || rows instanceof Set
      ? [...rows.values()].map((row, index) => [index, row])
      : Object.entries(rows)
  const shown = new Set<string>()
  let hasValues = false
  const cells = entries.map(([index, row]) => {
    const line: Record<string, string> = { __proto__: null, [INDEX]: `${index}` } as never
    if (typeof row !== 'object' || row === null) {
      line[VALUE] = inspect(row)
      hasValues = true
      return line
    }
    for (const key of columns ?? Object.keys(row)) {
      shown.add(key)
      if (key in row) line[key] = inspect((row as Record<string, unknown>)[key], { depth: 0 })
    }
    return line
  })
  const header = [INDEX, ...shown, ...(hasValues ? [VALUE] : [])]
  const widths = header.map((key) =>
    Math.max(...[key, ...cells.map((line) => line[key] ?? '')].map((cell) => cell.length)),
  )
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right
  const draw = (line: readonly string[]) =>
    `│ ${line.map((cell, index) => cell.padEnd(widths[index] as number)).join(' │ ')} │`
  return [
    rule('┌', '┬', '┐'),
    draw(header),
    rule('├', '┼', '┤'),
    ...cells.map((line) => draw(header.map((key) => line[key] ?? ''))),
    rule('└', '┴', '┘'),
  ].join('\n')
}
