import { CASES, type CaseReport, type DoomedHost, judge, Workbench } from '@glovebox/conformance/suite'
import type { ExecuteResult, Sandbox } from '@glovebox/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StartedWorker, startWorker } from '../../../test/support/start-worker.ts'
import { workerLoader } from '../src/worker.ts'
import type { Order } from './workers/suite.ts'

const PATIENCE_MS = 300_000
const SUITE = new URL('./workers/suite.ts', import.meta.url)

/** What it declares does not depend on what is behind it. */
const declared: Sandbox = workerLoader({ loader: { load: () => {}, get: () => {} } as never })

async function sacrifice(): Promise<DoomedHost> {
  const worker = await startWorker(SUITE)
  return {
    run: async (code, limits = {}) => {
      const order: Order = { code, limits }
      const response = await fetch(worker.url, { method: 'POST', body: JSON.stringify(order) })
      return (await response.json()) as ExecuteResult
    },
    [Symbol.asyncDispose]: () => worker.stop(),
  }
}

describe('a Worker that loads its guests conforms', () => {
  let worker: StartedWorker
  beforeAll(async () => {
    worker = await startWorker(SUITE)
  })
  afterAll(() => worker?.stop())

  const runInWorker = async (id: string): Promise<Pick<CaseReport, 'outcome' | 'detail'>> => {
    const response = await fetch(new URL(`/${id}`, worker.url), { signal: AbortSignal.timeout(PATIENCE_MS) })
    return (await response.json()) as CaseReport
  }

  for (const [group, cases] of Object.entries(CASES)) {
    describe(group, () => {
      for (const each of cases) {
        it(
          `${each.id}: ${each.protects}`,
          async (context) => {
            // A Worker can start no other to be lost.
            const isWeakness = each.attacks !== undefined && declared.guarantees[each.attacks] === false
            const adapter = { name: 'worker-loader', create: () => declared, sacrifice }
            const { outcome, detail } = isWeakness
              ? await judge(each, await Workbench.create(adapter), adapter)
              : await runInWorker(each.id)
            if (outcome === 'skipped') context.skip(detail)
            expect(detail).toBeUndefined()
          },
          PATIENCE_MS,
        )
      }
    })
  }
})
