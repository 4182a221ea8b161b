import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { CASES } from './cases.ts'
import { type AdapterUnderTest, checkExpectedFailures, judge, SandboxTestContext } from './run.ts'
import { isInSample } from './sample.ts'

/** Timeout of a case in ms. A case takes up to 30 s on two idle cores and much longer on busy ones. */
const MAX_WAIT_MS = 300_000

/** The group whose cases run concurrently. This puts more load on the adapter and takes less time. */
const SIDE_BY_SIDE = 'floods'

/**
 * Defines the suite for one adapter as vitest tests. See {@link isInSample} for running a sample of the hostile
 * programs.
 *
 * @throws `TypeError` if `expectedFailures` contains an unknown id
 */
export function describeAdapter(adapter: AdapterUnderTest): void {
  checkExpectedFailures(adapter)
  describe(`${adapter.name} conforms`, () => {
    let context: SandboxTestContext
    // More concurrent cases than cores would only wait for each other.
    const turn = pLimit(Math.max(2, availableParallelism()))
    beforeAll(async () => {
      context = await SandboxTestContext.create(adapter)
    })
    afterAll(() => context?.[Symbol.asyncDispose]())

    for (const [group, all] of Object.entries(CASES)) {
      const cases = all.filter((each) => isInSample(each, adapter.isSampled))
      if (cases.length === 0) continue
      describe(group, { concurrent: group === SIDE_BY_SIDE }, () => {
        for (const each of cases) {
          it(
            `${each.id}: ${each.protects}`,
            async ({ skip }) => {
              const { outcome, detail } = await turn(() => judge(each, context, adapter))
              if (outcome === 'skipped') skip(detail)
              if (outcome === 'failed') throw new Error(detail)
            },
            MAX_WAIT_MS,
          )
        }
      })
    }
  })
}
