/** `@glovebox/core/schema`: JSON Schema to TypeScript. */
export type { JsonSchema } from './catalog/tool.ts'
export { declarationsFromTools, typeFromSchema } from './schema/declarations.ts'
