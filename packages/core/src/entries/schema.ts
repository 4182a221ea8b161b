/** `@glovebox/core/schema`: converts JSON Schema to TypeScript. */

export type {
  DeclarationOptions,
  SchemaType,
  TypeOptions,
} from '../declarations/declarations.ts'
export { declarationsFromTools, typeFromSchema } from '../declarations/declarations.ts'
export type { ToolWarning } from '../declarations/namespace.ts'
export type { Declarations } from '../declarations/typed-text.ts'
export type { Position } from '../schema/reader.ts'
export type { Documents } from '../schema/references.ts'
export type { Style } from '../schema/style.ts'
export type { SchemaWarning } from '../schema/warnings.ts'
export type { JsonSchema } from '../values/json-schema.ts'
