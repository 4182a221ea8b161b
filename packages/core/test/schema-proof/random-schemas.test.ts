import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { random } from '../random.ts'
import { arbitrarySchema, arbitraryValue } from './arbitrary-schema.ts'
import { convert } from './convert.ts'
import { broken, describeFinding, refused } from './findings.ts'
import { plainValue } from './generate-value.ts'
import { type Measured, measure, type Subject, tally } from './measure.ts'
import type { Schema } from './subschemas.ts'
import { metaSchemas, type Validate, validators } from './validators.ts'

/** Seed of the schemas. Fixed by default, so that results are comparable. `GLOVEBOX_SEED` generates other schemas. */
const SEED = Number(process.env.GLOVEBOX_SEED ?? 1_759_292_834)
const RUNS = Number(process.env.GLOVEBOX_RUNS ?? 300)
/** Number of values tried on every schema. Validating a value is fast, and few values are valid. */
const VALUES = 1_000
/** Maximum number of valid values per schema that are type-checked, which is slower than validation. */
const MOST_VALID = 24

/** Minimum average number of valid values per schema. With fewer values the test would prove little. */
const LEAST_VALID_PER_SCHEMA = 6

/**
 * Generates values from the schema, to find values that random values miss. json-schema-faker is not used, because it
 * never returns for some recursive schemas.
 */
function generated(schema: Schema): unknown[] {
  const rolls = random(SEED)
  return [0, 0.5, 1].map((optionals) => plainOrNothing(schema, optionals, rolls))
}

/** Generates a value. A reference that leads directly to itself overflows the stack and yields undefined. */
function plainOrNothing(schema: Schema, optionals: number, rolls: ReturnType<typeof random>): unknown {
  try {
    return plainValue(schema, optionals, rolls)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function validAmong(values: readonly unknown[], isValid: Validate | undefined): unknown[] {
  // Only values that survive a JSON round trip are instances.
  const distinct = new Set(values.filter((value) => value !== undefined).map((value) => JSON.stringify(value)))
  const valid = [...distinct].map((text) => JSON.parse(text) as unknown).filter((value) => isValid?.(value) === true)
  const step = Math.max(1, valid.length / MOST_VALID)
  return valid.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
}

/** Measures all schemas in one TypeScript program, because starting one takes longer than checking them. */
function measureRandom(): Measured[] {
  const compile = validators('draft2020-12', metaSchemas('draft2020-12'))
  const values = fc.sample(arbitraryValue, { seed: SEED, numRuns: VALUES })
  const subjects = fc.sample(arbitrarySchema, { seed: SEED, numRuns: RUNS }).map((schema, index): Subject => {
    const instances = validAmong([...generated(schema), ...values], compile(schema))
    const samples = instances.map((instance) => ({ description: 'valid', instance, valid: true }))
    return { path: [`GLOVEBOX_SEED=${SEED}`, String(index)], schema, conversion: convert(schema, {}), samples }
  })
  return measure(subjects)
}

describe(`random schemas (GLOVEBOX_SEED=${SEED})`, () => {
  let measured: Measured[] = []
  beforeAll(() => {
    measured = measureRandom()
  })

  it('convert to declarations that compile', () => {
    expect(broken(measured)).toEqual([])
  })

  it('convert to types that accept every valid value', () => {
    expect(refused(measured).map(describeFinding)).toEqual([])
  })

  it('have enough valid values', () => {
    expect(tally(measured).valid, `GLOVEBOX_SEED=${SEED}`).toBeGreaterThan(RUNS * LEAST_VALID_PER_SCHEMA)
  })
})
