/** A program and what it may use, as text. */
export interface TypedProgram {
  /** The program as it was written: the body of an async function, in TypeScript or JavaScript. */
  readonly code: string
  /** TypeScript declarations of the tools that the program mentions, and of the globals beside those of the language. */
  readonly declarations: string
}

/** A place at which a program would fail or go wrong when it runs. */
export interface TypeMistake {
  /** One sentence, or several lines. */
  readonly message: string
  /** Start in the code, in UTF-16 code units from 0. */
  readonly start: number
  /** End in the code. */
  readonly end: number
}

/**
 * Checks the types of programs before they run, such as `typecheck()` of @glovebox/typecheck. Programs are hostile to
 * checkers too: an implementation bounds its time and its memory, and blocks no thread of the host.
 */
export interface TypeChecker {
  /**
   * Returns the mistakes of a program, the first ones first. What is only a matter of strictness is none.
   *
   * @throws `TypeCheckError` for a program that could not be checked, or the signal's reason
   */
  check(program: TypedProgram, options: { readonly signal: AbortSignal }): Promise<readonly TypeMistake[]>
}

/** Thrown for a program that could not be checked, for example in time. The program runs unchecked. */
export class TypeCheckError extends Error {
  override readonly name = 'TypeCheckError'
}
