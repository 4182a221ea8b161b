import type { Position } from './positions.ts'

/** The program cannot be read. */
export class ProgramSyntaxError extends Error {
  override readonly name = 'SyntaxError'
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}
