/** What scripts show: a line that tells how far they are, and tables for pages. */

const isTerminal = process.stderr.isTTY && !process.env.NO_COLOR

/** One line, over the last one; nothing where nobody watches. An empty text clears it. */
export const progress = (text) => isTerminal && process.stderr.write(`\r\u001b[K${text}`)

/** A table in Markdown, as the formatter leaves it. */
export function tableOf(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)))
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n')
}
