/** Output helpers of scripts: a progress line and Markdown tables. */

const isTerminal = process.stderr.isTTY && !process.env.NO_COLOR

/** Replaces the progress line. Does nothing without a terminal. An empty text clears the line. */
export const progress = (text) => isTerminal && process.stderr.write(`\r\u001b[K${text}`)

/** Returns a formatted Markdown table. */
export function tableOf(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)))
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n')
}
