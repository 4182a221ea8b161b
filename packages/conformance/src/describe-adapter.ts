import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest'
import type { Bench } from './case.ts'
import { CASES } from './cases.ts'
import { type AdapterUnderTest, createBench, lackingGuarantee } from './run.ts'

/** What takes half a minute on two free cores must not fail on busy ones. */
const PATIENCE_MS = 300_000

/** Defines the whole suite for one adapter, as tests of vitest. */
export function describeAdapter({ name, create }: AdapterUnderTest): void {
  describe(`${name} conforms`, () => {
    let bench: Bench
    beforeAll(async () => {
      bench = createBench(await create())
    })
    afterAll(() => bench.sandbox.close())

    for (const [group, cases] of Object.entries(CASES)) {
      describe(group, () => {
        for (const each of cases) {
          const run = async (context: TestContext) => {
            const lacking = lackingGuarantee(bench.sandbox, each)
            if (lacking !== undefined) context.skip(lacking)
            await each.run(bench)
          }
          it(`${each.id}: ${each.protects}`, run, PATIENCE_MS)
        }
      })
    }
  })
}
