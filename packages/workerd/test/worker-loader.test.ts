import { CASES, isInSample } from '@glovebox/conformance'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LoaderSuite, startLoaderSuite } from './support/loader-suite.ts'

const MAX_WAIT_MS = 300_000

describe('a Worker that loads its guests', () => {
  let suite: LoaderSuite
  beforeAll(async () => {
    suite = await startLoaderSuite()
  })
  afterAll(() => suite?.[Symbol.asyncDispose]())

  for (const [group, all] of Object.entries(CASES)) {
    const cases = all.filter((each) => isInSample(each, true))
    if (cases.length === 0) continue
    describe(group, () => {
      for (const each of cases) {
        it(
          `${each.id}: ${each.protects}`,
          async (context) => {
            const { outcome, detail } = await suite.judge(each)
            if (outcome === 'skipped') context.skip(detail)
            expect(detail).toBeUndefined()
          },
          MAX_WAIT_MS,
        )
      }
    })
  }
})
