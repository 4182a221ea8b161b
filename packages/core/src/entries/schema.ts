/** `@glovebox/core/schema`: converts JSON Schema to TypeScript. */
export type { JsonSchema } from '../catalog/tool.ts'
export type {
  DeclarationOptions,
  Declarations,
  SchemaType,
  TypeOptions,
} from '../schema/declarations.ts'
export { declarationsFromTools, typeFromSchema } from '../schema/declarations.ts'
export type { ToolWarning } from '../schema/namespace.ts'
export { type Observer, observe } from '../schema/observe.ts'
export type { Position } from '../schema/reader.ts'
export type { Documents } from '../schema/references.ts'
export type { Style } from '../schema/style.ts'
export type { SchemaWarning } from '../schema/warnings.ts'
