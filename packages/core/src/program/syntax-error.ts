import type { Position } from './positions.ts'

/** What is said of a text that overflows its parser. */
export const TOO_DEEP = 'the program is nested too deeply to be read'

/** The program cannot be read. */
export class ProgramSyntaxError extends Error {
  override readonly name = 'SyntaxError'
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}
