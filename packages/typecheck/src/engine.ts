/** A finding of TypeScript. */
export interface Finding {
  readonly code: number
  readonly message: string
  /** Position in the file with the program, in UTF-16 code units. */
  readonly start: number
  readonly end: number
}

/** A version of TypeScript that is kept warm. */
export interface Engine {
  /** Name and version. */
  readonly name: string
  /** Processes beside this one. */
  readonly pids: readonly number[]
  /** Checks a file against declarations. */
  check(program: string, declarations: string): Promise<readonly Finding[]>
}

export const FOLDER = '/checked'
export const PROGRAM = `${FOLDER}/program.ts`
export const TOOLS = `${FOLDER}/tools.d.ts`
export const LIBRARY = `${FOLDER}/library.d.ts`

/**
 * Options of the checks. Not strict: `undefined` where something else is expected, and parameters without types, are no
 * mistakes of a program.
 */
export const OPTIONS = {
  noLib: true,
  strict: false,
  noImplicitAny: false,
  strictNullChecks: false,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  allowUnreachableCode: true,
  allowUnusedLabels: true,
}
