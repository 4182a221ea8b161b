/** `@glovebox/core/program`: for adapters that read programs on a thread of their own. */
export type { Position, PositionStep } from './program/positions.ts'
export { type PreparedProgram, prepareProgram } from './program/program.ts'
export { ProgramSyntaxError, TOO_DEEP } from './program/syntax-error.ts'
