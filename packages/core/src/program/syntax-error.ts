import type { Position } from './positions.ts'

/** The message for a text that overflows the stack or the memory of its parser. */
export const TOO_LARGE = 'the program is nested too deeply, or too large, to be read'

/** The program cannot be read. */
export class ProgramSyntaxError extends Error {
  override readonly name = 'SyntaxError'
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}
