import { originalPosition, type Position } from '../program/positions.ts'
import { PROGRAM_NAME, type PreparedProgram } from '../program/program.ts'

/** Matches the frames of V8 and QuickJS: `at name (program.js:3:5)` and `at program.js:3:5`. */
const FRAME = new RegExp(`^\\s*at (?:(.*?) \\()?${PROGRAM_NAME.replace('.', '\\.')}:(\\d+):(\\d+)\\)?$`)
/** Matches the names that engines write for a function without a name. In strict code, no function is named `eval`. */
const NAMELESS = /^(?:<.*|eval)?$/
const MAX_FRAMES = 20
const MAX_POSITION = 2 ** 31
const MAX_LINE_LENGTH = 500

/** A stack in the format that we use for all engines. */
export interface NormalisedStack {
  /** One frame per line. */
  readonly stack: string
  /** Position of the first frame in the model's text. */
  readonly position: Position
}

/**
 * Keeps the program's frames of a stack, in one format and with positions in the model's text. A guest may send any
 * text as a stack; the result contains no file names except the program's. Returns undefined if there is no such frame.
 */
export function normaliseStack(stack: string, program: PreparedProgram): NormalisedStack | undefined {
  const frames: { name: string; position: Position }[] = []
  for (const line of stack.split('\n', 200)) {
    const [, name = '', row, column] = FRAME.exec(line.slice(0, MAX_LINE_LENGTH)) ?? []
    if (row === undefined || frames.length === MAX_FRAMES) continue
    // A forged frame may contain any position.
    if (Number(row) < 1 || Number(row) > MAX_POSITION || Number(column) < 1 || Number(column) > MAX_POSITION) continue
    frames.push({
      name: name.replace(/[^\p{ID_Continue}$. <>]/gu, ''),
      position: originalPosition(program.steps, { line: Number(row), column: Number(column) }),
    })
  }
  const [first] = frames
  if (first === undefined) return undefined
  const text = frames.map(({ name, position }) => {
    const place = `${PROGRAM_NAME}:${position.line}:${position.column}`
    return NAMELESS.test(name) ? `at ${place}` : `at ${name} (${place})`
  })
  return { stack: text.join('\n'), position: first.position }
}
