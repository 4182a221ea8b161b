import { CASES, type CaseReport } from '@glovebox/conformance/suite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StartedWorker, startWorker } from '../../../test/support/start-worker.ts'

const PATIENCE_MS = 300_000

describe('a Worker that loads its guests conforms', () => {
  let worker: StartedWorker
  beforeAll(async () => {
    worker = await startWorker(new URL('./workers/suite.ts', import.meta.url))
  })
  afterAll(() => worker?.stop())

  for (const [group, cases] of Object.entries(CASES)) {
    describe(group, () => {
      for (const { id, protects } of cases) {
        it(
          `${id}: ${protects}`,
          async (context) => {
            const response = await fetch(new URL(`/${id}`, worker.url), { signal: AbortSignal.timeout(PATIENCE_MS) })
            const { outcome, detail } = (await response.json()) as CaseReport
            if (outcome === 'skipped') context.skip(detail)
            expect(detail).toBeUndefined()
          },
          PATIENCE_MS,
        )
      }
    })
  }
})
