import type { JsonSchema } from './json-schema.ts'
import type { ValueSize } from './value-size.ts'

/** Whether a value is the input or the output of a tool. Schema defaults are only filled into inputs. */
export type ValueSide = 'input' | 'output'

/** Validates a value and may transform it. Resolves to the resulting value, or to the problems found. */
export type Parse = (
  value: unknown,
  context?: ParseContext,
) => Promise<{ readonly value: unknown } | { readonly problems: readonly string[] }>

/** Information about the value for its validation. Custom functions may ignore it. */
export interface ParseContext {
  /** Measured size of the value. */
  readonly size: ValueSize
  /** Maximum size of the value in UTF-16 code units after schema defaults are filled in. */
  readonly maxCharacters: number
  /**
   * Validates a value in the sandbox's `ProgramReader`, where the work can be stopped. Defaults are filled in there
   * first. Resolves to the problems found. Absent if the sandbox has no reader.
   */
  readonly checkElsewhere?: ((schema: JsonSchema, value: unknown) => Promise<readonly string[]>) | undefined
}
