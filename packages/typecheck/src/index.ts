export { type Typecheck, type TypecheckOptions, typecheck } from './typecheck.ts'
