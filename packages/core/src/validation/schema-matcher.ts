import type { JsonSchema } from '../values/json-schema.ts'
import { measureValue } from '../values/value-size.ts'
import { withoutExotics } from './json-values.ts'
import { MAX_COMPILE_COST_HERE, MAX_COST_HERE, type PreparedSchema, prepareSchema } from './schema-validator.ts'
import { unassertedParts } from './unasserted-parts.ts'

/**
 * Creates a function that returns whether a value matches a schema. Unlike the validation of a tool's input, it never
 * guesses: a value that cannot be checked in bounded time throws.
 *
 * @throws `TypeError` for a schema with a part that cannot be asserted
 */
export function schemaMatcher(schema: JsonSchema): (value: unknown) => Promise<boolean> {
  for (const part of unassertedParts(schema)) {
    if (part !== undefined) throw new TypeError(`\`when\`, at ${part.pointer}: ${part.message}`)
  }
  let prepared: Promise<PreparedSchema> | undefined
  return async (value) => {
    prepared ??= prepareSchema(schema, 'output')
    const { cost, validator } = await prepared
    if (cost.compile > MAX_COMPILE_COST_HERE) throw new Error('its schema is too large')
    const size = measureValue(value)
    const seen = size.isJson ? value : withoutExotics(value)
    if (size.isCyclic || cost.check(seen, size) > MAX_COST_HERE)
      throw new Error('checking the input would take too long')
    return (await validator()).Check(seen)
  }
}
