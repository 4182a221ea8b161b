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

/** The suite always makes the same schemas, so that a change is judged by nothing else; GLOVEBOX_SEED makes others. */
const SEED = Number(process.env.GLOVEBOX_SEED ?? 1_759_292_834)
const RUNS = Number(process.env.GLOVEBOX_RUNS ?? 300)
/** Made once and tried on every schema: to judge a value costs little, and few are valid. */
const VALUES = 1_000
/** Of those that are valid; the types are the slower judge. */
const MOST_VALID = 24

/** On average; fewer would mean that the values no longer fit the schemas, and that the proof proves little. */
const LEAST_VALID_PER_SCHEMA = 6

/**
 * The generator looks at the schema, and so finds values that chance does not. json-schema-faker cannot help: it never
 * comes back from some schemas that refer to themselves.
 */
function generated(schema: Schema): unknown[] {
  const rolls = random(SEED)
  return [0, 0.5, 1].map((optionals) => plainOrNothing(schema, optionals, rolls))
}

/** It follows a reference that leads straight back to itself until the stack is full. */
function plainOrNothing(schema: Schema, optionals: number, rolls: ReturnType<typeof random>): unknown {
  try {
    return plainValue(schema, optionals, rolls)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function validAmong(values: readonly unknown[], isValid: Validate | undefined): unknown[] {
  // Through JSON and back, as only what comes through is an instance.
  const distinct = new Set(values.filter((value) => value !== undefined).map((value) => JSON.stringify(value)))
  const valid = [...distinct].map((text) => JSON.parse(text) as unknown).filter((value) => isValid?.(value) === true)
  const step = Math.max(1, valid.length / MOST_VALID)
  return valid.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step))
}

/** One program for all, as TypeScript takes longer to start than to check them. */
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

describe(`random schemas, by GLOVEBOX_SEED=${SEED}`, () => {
  let measured: Measured[] = []
  beforeAll(() => {
    measured = measureRandom()
  })

  it('become declarations that compile', () => {
    expect(broken(measured)).toEqual([])
  })

  it('lose no valid value', () => {
    expect(refused(measured).map(describeFinding)).toEqual([])
  })

  it('have values to be measured on', () => {
    expect(tally(measured).valid, `GLOVEBOX_SEED=${SEED}`).toBeGreaterThan(RUNS * LEAST_VALID_PER_SCHEMA)
  })
})
