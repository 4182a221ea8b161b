import { beforeAll, describe, expect, it } from 'vitest'
import { broken, describeFinding, refused, slipped, stale, unexplained } from './findings.ts'
import { type Measured, precision, tally } from './measure.ts'
import { measureSuite } from './measure-suite.ts'
import { DRAFTS } from './validators.ts'

/** Minimum share of expressibly invalid instances that the types must reject. */
const LEAST_PRECISION_PUBLISHED = 0.93
const LEAST_PRECISION_TYPED = 0.97

/** Minimum number of measured instances, so that a change of the harness cannot hide failures. */
const LEAST_VALID = 2300
const LEAST_INVALID = 1300

describe.each([
  ['as published', 'published', LEAST_PRECISION_PUBLISHED],
  ['with added types', 'typed', LEAST_PRECISION_TYPED],
] as const)('the JSON Schema Test Suite %s', (_, form, leastPrecision) => {
  let measured: Measured[] = []
  beforeAll(() => {
    measured = DRAFTS.flatMap((draft) => measureSuite(draft, form))
  })

  it('converts to declarations that compile', () => {
    expect(broken(measured)).toEqual([])
  })

  it('converts to types that accept every valid instance', () => {
    expect(unexplained(refused(measured)).map(describeFinding)).toEqual([])
    expect(tally(measured).valid).toBeGreaterThan(LEAST_VALID)
  })

  it('converts to types that reject expressible mistakes', () => {
    const accepted = slipped(measured).map(describeFinding).join('\n')
    expect(precision(tally(measured)), accepted).toBeGreaterThanOrEqual(leastPrecision)
    expect(tally(measured).invalid).toBeGreaterThan(LEAST_INVALID)
  })

  it('has no unused explanations', () => {
    expect(stale(refused(measured))).toEqual([])
  })
})
