import Schema from 'typebox/schema'
import { Settings } from 'typebox/system'

export type Validator = ReturnType<typeof Schema.Compile>

/**
 * Makes a validator of a JSON Schema: code where the platform makes code from strings, and otherwise an interpreter. A
 * Worker does so only while it starts, which the library cannot know.
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
