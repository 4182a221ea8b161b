/** A place in a text, both from 1; columns count UTF-16 code units. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Replaces `text[start, end)` by `insert`. Neither side may hold a line break, so that lines stay true. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly insert: string
}

/** Applies edits that do not overlap, and tells for a place in the result where it was before. */
export function applyEdits(
  text: string,
  edits: readonly Edit[],
): { text: string; original(position: Position): Position } {
  const ordered = [...edits].sort((left, right) => left.start - right.start || left.end - right.end)
  let result = ''
  let from = 0
  for (const edit of ordered) {
    result += text.slice(from, edit.start) + edit.insert
    from = edit.end
  }
  result += text.slice(from)
  const original = ({ line, column }: Position): Position => {
    let shift = 0
    for (const edit of ordered) {
      const at = positionAt(text, edit.start)
      if (at.line !== line || at.column + shift >= column) continue
      // Within an insertion there is no original place but its start.
      const grown = edit.insert.length - (edit.end - edit.start)
      shift += Math.min(grown, Math.max(column - (at.column + shift), 0))
    }
    return { line, column: Math.max(1, column - shift) }
  }
  return { text: result, original }
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++
  return { line, column: offset - lineStart + 1 }
}

/** The lines around a place, with a mark under it. */
export function codeFrame(text: string, { line, column }: Position): string {
  const lines = text.split('\n')
  const from = Math.max(1, line - 2)
  const to = Math.min(lines.length, line + 1)
  const width = String(to).length
  const frame: string[] = []
  for (let number = from; number <= to; number++) {
    const source = (lines[number - 1] as string).replace(/\r$/, '')
    // A long line is shown around the place alone.
    const start = number === line ? Math.max(0, column - 80) : 0
    frame.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${source.slice(start, start + 120)}`)
    if (number === line) frame.push(`  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1 - start))}^`)
  }
  return frame.join('\n')
}
