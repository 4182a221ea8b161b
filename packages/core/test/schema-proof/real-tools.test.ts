import { beforeAll, describe, expect, it } from 'vitest'
import { broken, describeFinding, refused, slipped } from './findings.ts'
import { type Measured, precision, tally } from './measure.ts'
import { measureTools } from './measure-tools.ts'

const LEAST_PRECISION = 0.999

describe('the schemas of real tools', () => {
  let measured: Measured[] = []
  beforeAll(() => {
    measured = measureTools()
  })

  it('convert to declarations that compile', () => {
    expect(broken(measured)).toEqual([])
  })

  it('each have a valid and an invalid value', () => {
    const bare = measured.filter(
      ({ results }) => !results.some(({ valid }) => valid) || results.every(({ valid }) => valid),
    )
    expect(bare.map(({ path }) => path.join(' / '))).toEqual([])
  })

  it('convert to types that accept every valid value', () => {
    expect(refused(measured).map(describeFinding)).toEqual([])
  })

  it('convert to types that reject expressible mistakes', () => {
    const accepted = slipped(measured).map(describeFinding).join('\n')
    expect(precision(tally(measured)), accepted).toBeGreaterThanOrEqual(LEAST_PRECISION)
  })
})
