import {
  type CaseReport,
  type ConformanceCase,
  type DisposableHost,
  judge,
  SandboxTestContext,
} from '@glovebox/conformance/suite'
import type { ExecuteResult, Sandbox } from '@glovebox/core'
import { startWorker } from '@glovebox/testing/start-worker'
import { workerLoader } from '@glovebox/workerd/worker'

const SUITE = new URL('../workers/suite.ts', import.meta.url)

/** A request to a Worker to run a single program. */
export interface Order {
  readonly code: string
  readonly limits: object
}

export interface LoaderSuite extends AsyncDisposable {
  judge(each: ConformanceCase): Promise<Pick<CaseReport, 'outcome' | 'detail'>>
}

/** Starts a Worker that loads its own guests and runs cases of the suite. */
export async function startLoaderSuite(): Promise<LoaderSuite> {
  const worker = await startWorker(SUITE)
  // The declared guarantees do not depend on the loader, so a placeholder is enough.
  const declared: Sandbox = workerLoader({ loader: { load: () => {}, get: () => {} } as never })
  const adapter = { name: 'worker-loader', create: () => declared, createDisposableHost }
  const context = await SandboxTestContext.create(adapter)
  return {
    judge: async (each) => {
      // A Worker cannot start a disposable host, so these cases run here.
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
