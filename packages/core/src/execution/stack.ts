import { originalPosition, type Position } from '../program/positions.ts'
import { PROGRAM_NAME, type PreparedProgram } from '../program/program.ts'

/** `at name (program.js:3:5)` and `at program.js:3:5`, as V8 and QuickJS write frames. */
const FRAME = new RegExp(`^\\s*at (?:(.*?) \\()?${PROGRAM_NAME.replace('.', '\\.')}:(\\d+):(\\d+)\\)?$`)
/** What engines write for a function without a name. None may be called `eval` in strict code. */
const NAMELESS = /^(?:<.*|eval)?$/
const MAX_FRAMES = 20
const MAX_POSITION = 2 ** 31
const MAX_LINE_LENGTH = 500

export interface NormalisedStack {
  readonly stack: string
  readonly position: Position
}

/**
 * Keeps the program's own frames, in one format, at places of the model's text. What a guest sends as a stack may be
 * anything; what comes out names no file but the program.
 */
export function normaliseStack(stack: string, program: PreparedProgram): NormalisedStack | undefined {
  const frames: { name: string; position: Position }[] = []
  for (const line of stack.split('\n', 200)) {
    const [, name = '', row, column] = FRAME.exec(line.slice(0, MAX_LINE_LENGTH)) ?? []
    if (row === undefined || frames.length === MAX_FRAMES) continue
    // A forged frame may name any place.
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
