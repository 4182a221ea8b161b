import { decode } from '../protocol/codec.ts'
import { compileSchema, type Validator } from '../protocol/compile.ts'
import { BudgetSpentError } from '../schema/bounds.ts'
import type { JsonSchema } from '../values/json-schema.ts'
import type { Parse, ParseContext, ValueSide } from '../values/parse.ts'
import { measureValue } from '../values/value-size.ts'
import { NotJsonError, toJsonValue, withoutExotics } from './json-values.ts'
import { lowerSchema } from './lower-schema.ts'
import { describeProblems } from './problems.ts'
import { planRequiredDefaults } from './required-defaults.ts'
import { estimateCost, type SchemaCost } from './schema-cost.ts'

/** Maximum cost of checking one value on the host's thread, in units. It takes 5 to 25 ms. */
export const MAX_COST_HERE = 500_000
/** Maximum cost of compiling one schema on the host's thread, in units. */
export const MAX_COMPILE_COST_HERE = 60_000
/** Maximum cost at which each problem is described, in units. The library creates a record for each problem. */
const MAX_DESCRIBED_COST = 100_000

const TOO_COSTLY = 'checking it would take too long here: pass a smaller or simpler value'

const TOO_DEEP = 'it is nested too deeply'
const INVALID = 'it does not match the schema'

/** Data that is prepared when a schema is first needed. Most tools of a large server are never called. */
export interface PreparedSchema {
  readonly schema: JsonSchema
  readonly cost: SchemaCost
  readonly defaults: ReturnType<typeof planRequiredDefaults>
  readonly validator: () => Promise<Validator>
}

/**
 * Creates the function that validates a tool's input or output by its JSON Schema. Values that take long to check are
 * passed to `checkElsewhere`, which can be stopped. Without it, they are rejected.
 */
export function schemaParser(schema: JsonSchema, side: ValueSide): Parse {
  let prepared: Promise<PreparedSchema> | undefined
  return async (given, context) => {
    prepared ??= prepareSchema(schema, side)
    const { cost, defaults, validator } = await prepared
    let size = context?.size ?? measureValue(given)
    if (size.isCyclic) return refused('it refers to itself')
    let value = given
    let seen = given
    if (!size.isJson) {
      try {
        value = toJsonValue(schema, given)
        seen = withoutExotics(value)
      } catch (error) {
        if (error instanceof NotJsonError) return refused(error.message)
        if (error instanceof RangeError) return refused(TOO_DEEP)
        if (error instanceof BudgetSpentError) return refused(TOO_COSTLY)
        throw error
      }
    }
    const isCompiledHere = cost.compile <= MAX_COMPILE_COST_HERE
    let units = isCompiledHere ? cost.check(seen, size) : Number.POSITIVE_INFINITY
    // Filling in defaults visits the same parts as the check.
    const unfilled = value
    if (defaults !== undefined && (units <= MAX_COST_HERE || context?.checkElsewhere !== undefined)) {
      const filled = defaults(value, size)
      if (filled.value !== value) {
        value = filled.value
        size = filled.size
        seen = size.isJson ? value : withoutExotics(value)
        units = isCompiledHere ? cost.check(seen, size) : units
      }
    }
    if (context !== undefined && size.characters > context.maxCharacters)
      return refused('it is too large with its defaults')
    const problems =
      units <= MAX_COST_HERE
        ? checkHere(schema, await validator(), units, seen)
        : await checkElsewhere(schema, unfilled, context)
    return problems.length === 0 ? { value } : { problems }
  }
}

const refused = (problem: string) => ({ problems: [problem] })

export async function prepareSchema(schema: JsonSchema, side: ValueSide): Promise<PreparedSchema> {
  let compiling: Promise<Validator> | undefined
  const validator = () => {
    compiling ??= lowerSchema(schema).then(compileSchema)
    return compiling
  }
  const defaults = side === 'input' ? planRequiredDefaults(schema) : undefined
  return { schema, cost: await estimateCost(schema), defaults, validator }
}

async function checkElsewhere(
  schema: JsonSchema,
  value: unknown,
  context: ParseContext | undefined,
): Promise<readonly string[]> {
  if (context?.checkElsewhere === undefined) return [TOO_COSTLY]
  return context.checkElsewhere(schema, value)
}

/** @param units estimated cost of the check */
function checkHere(schema: unknown, validator: Validator, units: number, value: unknown): readonly string[] {
  try {
    if (validator.Check(value)) return []
    if (units > MAX_DESCRIBED_COST) return [INVALID]
    const problems = describeProblems(validator.Errors(value)[1], schema)
    return problems.length > 0 ? problems : [INVALID]
  } catch (error) {
    // The value is nested too deeply for the stack.
    if (error instanceof RangeError) return [TOO_DEEP]
    throw error
  }
}

/** Maximum number of validators that a process keeps. */
const MAX_KEPT = 8
const kept = new Map<string, Promise<PreparedSchema>>()

/**
 * Checks a value completely, without limits. It is meant for a process that can be killed.
 *
 * @param schema JSON Schema as JSON text
 * @param payload value without its defaults, as the codec encodes it
 */
export async function checkPayload(schema: string, payload: string, side: ValueSide): Promise<readonly string[]> {
  const key = side + schema
  let prepared = kept.get(key)
  if (prepared === undefined) {
    prepared = prepareSchema(JSON.parse(schema), side)
    const [oldest] = kept.keys()
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest)
    kept.set(key, prepared)
  }
  const { schema: parsed, cost, defaults, validator } = await prepared
  const given = decode(payload)
  const givenSize = measureValue(given)
  const { value, size } = defaults?.(given, givenSize) ?? { value: given, size: givenSize }
  try {
    const seen = size.isJson ? value : withoutExotics(value)
    return checkHere(parsed, await validator(), cost.check(seen, size), seen)
  } catch (error) {
    if (error instanceof RangeError) return ['the schema of this tool is too large, or nested too deeply, to check it']
    throw error
  }
}
