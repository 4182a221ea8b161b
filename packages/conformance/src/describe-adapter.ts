import { availableParallelism } from 'node:os'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { CASES } from './cases.ts'
import { type AdapterUnderTest, checkExpectedFailures, judge, SandboxTestContext } from './run.ts'
import { isInSample } from './sample.ts'

/** What takes half a minute on two free cores must not fail on busy ones. */
const MAX_WAIT_MS = 300_000

/** Its programs are harder on an adapter beside each other than one by one, and sooner over. */
const SIDE_BY_SIDE = 'floods'

/**
 * Defines the suite for one adapter, as tests of vitest. {@link isInSample} tells how to run a part of the hostile programs.
 *
 * @throws `TypeError` for an expected failure that is no case
 */
export function describeAdapter(adapter: AdapterUnderTest): void {
  checkExpectedFailures(adapter)
  describe(`${adapter.name} conforms`, () => {
    let context: SandboxTestContext
    // More than there are cores only wait for each other.
    const turn = pLimit(Math.max(2, availableParallelism()))
    beforeAll(async () => {
      context = await SandboxTestContext.create(adapter)
    })
    afterAll(() => context?.[Symbol.asyncDispose]())

    for (const [group, all] of Object.entries(CASES)) {
      const cases = all.filter(isInSample)
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
