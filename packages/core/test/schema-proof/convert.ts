import { type TypeOptions, typeFromSchema } from '../../src/schema/declarations.ts'
import type { Schema } from './subschemas.ts'

export interface Conversion {
  readonly declarations: string
  readonly type: string
  /** Why there is none; the type is `unknown` then. */
  readonly failure?: string
}

/** A converter that throws on one schema is a finding, and no reason to leave the others unmeasured. */
export function convert(schema: Schema, options: Omit<TypeOptions, 'name'>): Conversion {
  try {
    const { declarations, type } = typeFromSchema(schema, { name: 'Value', ...options })
    return { declarations, type }
  } catch (error) {
    return { declarations: '', type: 'unknown', failure: String(error) }
  }
}
