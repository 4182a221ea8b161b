import Schema from 'typebox/schema'
import { Settings } from 'typebox/system'

export type Validator = ReturnType<typeof Schema.Compile>

/**
 * Creates a validator for a JSON Schema: compiled code if the platform can create code from strings, otherwise an
 * interpreter. Cloudflare Workers can do so only during startup, which the library cannot detect.
 */
export function compileSchema(schema: unknown): Validator {
  try {
    return Schema.Compile(schema as never)
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    Settings.Set({ useAcceleration: false })
    return Schema.Compile(schema as never)
  }
}
