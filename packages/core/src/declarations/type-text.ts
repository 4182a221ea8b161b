import type { JsonSchema } from '../values/json-schema.ts'
import { typeFromSchema } from './declarations.ts'
import { outlineOfOutput } from './outline.ts'

/** Maximum length of a type that is written in full, in characters. */
const MAX_LENGTH = 300

/** Returns the type of an output on one line: in full if it is short, otherwise its keys. */
export function typeTextOf(schema: JsonSchema): string {
  const { description: _, ...described } = schema as { readonly description?: unknown }
  const { type, declarations } = typeFromSchema(described, { name: 'Result', position: 'output' })
  const line = type
    .replace(/\{\n\s*/g, '{ ')
    .replace(/\n\s*\}/g, ' }')
    .replace(/\*\/\n\s*/g, '*/ ')
    .replace(/\n\s*/g, '; ')
  if (declarations === '' && line.length <= MAX_LENGTH) return line
  return outlineOfOutput(described)?.slice(0, MAX_LENGTH) ?? 'unknown'
}
