import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'

/** A position in a text. Lines and columns start at 1; columns count UTF-16 code units. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Replaces `text[start, end)` with `insert`. Neither may contain a line break, so that line numbers stay the same. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly insert: string
}

/**
 * Maps positions in a text back to the text it was made from. Plain data. The steps of a program are applied in order.
 */
export type PositionStep =
  | { readonly kind: 'prefix'; readonly length: number }
  | { readonly kind: 'edits'; readonly edits: readonly PlacedEdit[] }
  /** A source map, and the number of lines that preceded the text when the map was made. */
  | { readonly kind: 'trace'; readonly map: string; readonly linesBefore: number }

interface PlacedEdit extends Position {
  /** Number of characters that the edit added. Negative if it removed more than it inserted. */
  readonly grown: number
}

/**
 * Applies edits that do not overlap.
 *
 * @returns the new text, and the step that maps its positions back
 */
export function applyEdits(text: string, edits: readonly Edit[]): { text: string; step: PositionStep } {
  const ordered = [...edits].sort((left, right) => left.start - right.start || left.end - right.end)
  const placed: PlacedEdit[] = []
  let result = ''
  let from = 0
  let line = 1
  let lineStart = 0
  for (const { start, end, insert } of ordered) {
    for (let at = text.indexOf('\n', lineStart); at >= 0 && at < start; at = text.indexOf('\n', lineStart)) {
      line++
      lineStart = at + 1
    }
    placed.push({ line, column: start - lineStart + 1, grown: insert.length - (end - start) })
    result += text.slice(from, start) + insert
    from = end
  }
  return { text: result + text.slice(from), step: { kind: 'edits', edits: placed } }
}

/** Maps a position in a program back to the model's text. */
export function originalPosition(steps: readonly PositionStep[], position: Position): Position {
  return steps.reduce(stepBack, position)
}

function stepBack({ line, column }: Position, step: PositionStep): Position {
  switch (step.kind) {
    case 'prefix':
      return { line, column: line === 1 ? Math.max(1, column - step.length) : column }
    case 'edits': {
      let shift = 0
      for (const edit of step.edits) {
        if (edit.line !== line || edit.column + shift >= column) continue
        // A position inside an insertion maps to its start.
        shift += Math.min(edit.grown, column - (edit.column + shift))
      }
      return { line, column: Math.max(1, column - shift) }
    }
    case 'trace': {
      const found = originalPositionFor(new TraceMap(step.map), { line: line + step.linesBefore, column: column - 1 })
      return found.line === null ? { line, column } : { line: found.line - step.linesBefore, column: found.column + 1 }
    }
    default:
      return step satisfies never
  }
}

/** Replaces every character except line breaks with a space. */
export const blank = (text: string): string => text.replace(/[^\n\r]/g, ' ')

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++
  return { line, column: offset - lineStart + 1 }
}

/**
 * Returns the end of the text for a position after its last line, where a parser may report missing code. Returns any
 * other position unchanged.
 */
export function withinText(text: string, { line, column }: Position): Position {
  const lines = text.split('\n')
  const last = lines.length
  return line > last ? { line: last, column: (lines[last - 1] as string).length + 1 } : { line, column }
}

/** Returns the lines around a position, with a mark below it. */
export function codeFrame(text: string, { line, column }: Position): string {
  const lines = text.split('\n')
  const from = Math.max(1, line - 2)
  const to = Math.min(lines.length, line + 1)
  const width = String(to).length
  const frame: string[] = []
  for (let number = from; number <= to; number++) {
    const source = (lines[number - 1] as string).replace(/\r$/, '')
    // Show only the part of a long line around the position.
    const start = number === line ? Math.max(0, column - 80) : 0
    frame.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${source.slice(start, start + 120)}`)
    if (number === line) frame.push(`  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1 - start))}^`)
  }
  return frame.join('\n')
}
