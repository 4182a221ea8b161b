import {
  type CaseReport,
  type ConformanceCase,
  type DisposableHost,
  judge,
  SandboxTestContext,
} from '@glovebox/conformance/suite'
import type { ExecuteResult, Sandbox } from '@glovebox/core'
import { workerLoader } from '@glovebox/workerd/worker'
import { startWorker } from './start-worker.ts'

const SUITE = new URL('../../packages/workerd/test/workers/suite.ts', import.meta.url)

/** What a Worker is posted to run a program by itself. */
export interface Order {
  readonly code: string
  readonly limits: object
}

export interface LoaderSuite extends AsyncDisposable {
  judge(each: ConformanceCase): Promise<Pick<CaseReport, 'outcome' | 'detail'>>
}

/** Starts a Worker that runs cases of the suite, and loads its guests itself. */
export async function startLoaderSuite(): Promise<LoaderSuite> {
  const worker = await startWorker(SUITE)
  // What it declares does not depend on what is behind it.
  const declared: Sandbox = workerLoader({ loader: { load: () => {}, get: () => {} } as never })
  const adapter = { name: 'worker-loader', create: () => declared, createDisposableHost }
  const context = await SandboxTestContext.create(adapter)
  return {
    judge: async (each) => {
      // A Worker can start no other to be lost.
      const isWeakness = each.attacks !== undefined && declared.guarantees[each.attacks] === false
      if (isWeakness) return await judge(each, context, adapter)
      const response = await fetch(new URL(`/${each.id}`, worker.url))
      return (await response.json()) as CaseReport
    },
    async [Symbol.asyncDispose]() {
      await context[Symbol.asyncDispose]()
      await worker.stop()
    },
  }
}

async function createDisposableHost(): Promise<DisposableHost> {
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
