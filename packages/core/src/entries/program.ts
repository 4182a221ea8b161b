/** `@glovebox/core/program`: parses programs, for packages that implement a `ProgramReader`. */
export type { Position, PositionStep } from '../program/positions.ts'
export { type PreparedProgram, prepareProgram } from '../program/program.ts'
export { type ProgramReader, type ReaderTask, ReaderTimeoutError } from '../program/program-reader.ts'
export { ProgramSyntaxError, TOO_LARGE } from '../program/syntax-error.ts'
export { isStripperBroken, isStripperLoaded, loadTypeScript, whenStripperLoads } from '../program/typescript.ts'
