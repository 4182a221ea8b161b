import type { Position } from './positions.ts'

/** Message for a text that overflows the stack or the memory of its parser. */
export const TOO_LARGE = 'the program is too large or too deeply nested to be parsed'

/** Thrown for a program that cannot be parsed. */
export class ProgramSyntaxError extends Error {
  override readonly name = 'SyntaxError'
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}
