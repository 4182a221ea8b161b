import { beforeAll, describe, expect, it } from 'vitest'
import { broken, describeFinding, refused, slipped, stale, unexplained } from './findings.ts'
import { type Measured, precision, tally } from './measure.ts'
import { measureSuite } from './measure-suite.ts'
import { DRAFTS } from './validators.ts'

/** Of the instances that are invalid in a way TypeScript can express, how many a type must refuse. */
const LEAST_PRECISION_PUBLISHED = 0.93
const LEAST_PRECISION_TYPED = 0.97

/** Fewer would mean that the harness, and not the converter, has become better at looking away. */
const LEAST_VALID = 2300
const LEAST_INVALID = 1300

describe.each([
  ['as published', 'published', LEAST_PRECISION_PUBLISHED],
  ['with types written out', 'typed', LEAST_PRECISION_TYPED],
] as const)('the JSON Schema Test Suite %s', (_, form, leastPrecision) => {
  let measured: Measured[] = []
  beforeAll(() => {
    measured = DRAFTS.flatMap((draft) => measureSuite(draft, form))
  })

  it('becomes declarations that compile', () => {
    expect(broken(measured)).toEqual([])
  })

  it('loses no valid instance', () => {
    expect(unexplained(refused(measured)).map(describeFinding)).toEqual([])
    expect(tally(measured).valid).toBeGreaterThan(LEAST_VALID)
  })

  it('refuses what a type can refuse', () => {
    const accepted = slipped(measured).map(describeFinding).join('\n')
    expect(precision(tally(measured)), accepted).toBeGreaterThanOrEqual(leastPrecision)
    expect(tally(measured).invalid).toBeGreaterThan(LEAST_INVALID)
  })

  it('needs every explanation it is given', () => {
    expect(stale(refused(measured))).toEqual([])
  })
})
