import { type TypeOptions, typeFromSchema } from '../../src/declarations/declarations.ts'
import type { Schema } from './subschemas.ts'

export interface Conversion {
  readonly declarations: string
  readonly type: string
  /** The reason of a failed conversion. The type is then `unknown`. */
  readonly failure?: string
}

/** Converts a schema. An error becomes a `failure`, so that the other schemas are still measured. */
export function convert(schema: Schema, options: Omit<TypeOptions, 'name'>): Conversion {
  try {
    const { declarations, type } = typeFromSchema(schema, { name: 'Value', ...options })
    return { declarations, type }
  } catch (error) {
    return { declarations: '', type: 'unknown', failure: String(error) }
  }
}
