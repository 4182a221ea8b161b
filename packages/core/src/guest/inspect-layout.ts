/** Breaks shown values into lines and columns. The rules are those of Node's `util.inspect`. */

/** Text of one value in parts, before it is known whether it fits on a line. */
export interface Parts {
  /** Text before the opening bracket: an error's text, a function's name, a reference mark. */
  readonly base: string
  readonly open: string
  readonly close: string
  readonly entries: readonly string[]
}

export interface Room {
  readonly breakLength: number
  /** Number of innermost levels that may share a line. */
  readonly compact: number
  /** Column at which the value begins. */
  readonly indent: number
}

/**
 * Joins the parts, on one line if that is readable.
 *
 * @param innerLevels number of nesting levels shown inside the value
 * @param isWhole whether each entry is one value, rather than a row of several
 */
export function layOut(
  { base, open, close, entries }: Parts,
  room: Room,
  innerLevels: number,
  isWhole: boolean,
): string {
  const head = base === '' ? open : `${base} ${open}`
  if (isWhole && room.compact >= 1 && innerLevels < room.compact && !base.includes('\n')) {
    const begin = room.indent + open.length + base.length + 10
    const length = entries.reduce((sum, entry) => sum + entry.length, begin + 2 * entries.length)
    const fits = length <= room.breakLength
    if (fits && !entries.some((entry) => entry.includes('\n'))) return `${head} ${entries.join(', ')} ${close}`
  }
  const line = `\n${' '.repeat(room.indent)}`
  return `${head}${line}  ${entries.join(`,${line}  `)}${line}${close}`
}

/**
 * Arranges a long list of short entries in columns. Returns the entries unchanged if columns would not help.
 *
 * @param hasRest whether the last entry is the number of remaining items
 */
export function inColumns(
  entries: readonly string[],
  room: Room,
  hasRest: boolean,
  alignRight: () => boolean,
): readonly string[] {
  const count = hasRest ? entries.length - 1 : entries.length
  const separator = 2
  const widths = entries.slice(0, count).map(displayWidth)
  const total = widths.reduce((sum, width) => sum + width + separator, 0)
  const widest = Math.max(0, ...widths) + separator
  const isShort = widest * 3 + room.indent < room.breakLength
  if (!isShort || (total / widest <= 5 && widest > 6 + separator)) return entries
  const columns = columnCount(count, widest, total / entries.length, room)
  if (columns <= 1) return entries
  const columnWidths: number[] = []
  for (let column = 0; column < columns; column++) {
    let width = 0
    for (let index = column; index < count; index += columns) width = Math.max(width, widths[index] as number)
    columnWidths.push(width + separator)
  }
  const right = alignRight()
  const rows: string[] = []
  for (let begin = 0; begin < count; begin += columns) {
    const end = Math.min(begin + columns, count)
    let row = ''
    for (let index = begin; index < end; index++) {
      const isLast = index === end - 1
      const text = isLast ? (entries[index] as string) : `${entries[index]}, `
      const padding = ' '.repeat((columnWidths[index - begin] as number) - (widths[index] as number) - separator)
      row += right ? padding + text : isLast ? text : text + padding
    }
    rows.push(row)
  }
  if (hasRest) rows.push(entries[count] as string)
  return rows
}

/** Returns the number of columns for a roughly square block. A character is about 2.5 times as high as wide. */
function columnCount(count: number, widest: number, average: number, { breakLength, indent, compact }: Room): number {
  const typical = Math.max(widest - Math.sqrt(widest - average) - 3, 1)
  const square = Math.round(Math.sqrt(2.5 * typical * count) / typical)
  return Math.min(square, Math.floor((breakLength - indent) / widest), compact * 4, 15)
}

const ASCII = /^[\0-\x7f]*$/
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u
const DOUBLE_WIDTH =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u

/** Returns the number of columns that a text takes on a terminal. */
function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const character of text.normalize('NFC')) {
    width += DOUBLE_WIDTH.test(character) ? 2 : ZERO_WIDTH.test(character) ? 0 : 1
  }
  return width
}
