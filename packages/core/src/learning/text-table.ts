import type { TableFormat } from '../contract/shape-store.ts'
import { MAX_HEADER } from './shape.ts'

/** A table in a text. */
export interface TextTable {
  readonly format: TableFormat
  readonly header: string
}

/** Number of characters of a text in which a table is searched. */
const MAX_SEARCHED = 10_000
/** Number of lines that are compared. */
const MAX_LINES = 20
/** Minimum number of cells. Two short lines with a comma each are prose. */
const MIN_CELLS = 6
/** Maximum length of a line that can be a rule, in characters. */
const MAX_RULE = 1_000

/** Finds the table that a text is, or contains: Markdown, or lines with the same number of tabs or commas. */
export function findTable(text: string): TextTable | undefined {
  const lines = text.slice(0, MAX_SEARCHED).split(/\r?\n/, MAX_LINES)
  const rule = lines.findIndex((line, at) => at > 0 && isRule(line))
  if (rule > 0) return table('text/markdown', lines[rule - 1] as string)
  // The last line may be cut.
  const whole = (text.length > MAX_SEARCHED ? lines.slice(0, -1) : lines).filter((line) => line.trim() !== '')
  const [header] = whole
  if (header === undefined || whole.length < 2) return undefined
  for (const [separator, format] of [
    ['\t', 'text/tab-separated-values'],
    [',', 'text/csv'],
  ] as const) {
    const columns = header.split(separator).length
    // A header has no sentences, unlike prose with as many commas in every line.
    const isTable =
      columns > 1 &&
      columns * whole.length >= MIN_CELLS &&
      !/[.!?]\s|: /.test(header) &&
      whole.every((line) => line.split(separator).length === columns)
    if (isTable) return table(format, header)
  }
  return undefined
}

/** Returns whether a line separates the header of a Markdown table from its rows, as in `| --- | :-: |`. */
const isRule = (line: string): boolean =>
  line.length <= MAX_RULE && line.includes('|') && line.includes('--') && /^[\s|:-]+$/.test(line)

const table = (format: TableFormat, header: string): TextTable => ({
  format,
  header: header.trim().slice(0, MAX_HEADER),
})
