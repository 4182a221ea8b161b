/** A Worker that runs programs in two sandboxes with the same Worker Loader and measures their time. */
import { DynamicWorkerExecutor } from '@cloudflare/codemode'
import { createCodeMode } from '@glovebox/core'
import { type WorkerLoader, workerLoader } from '@glovebox/workerd/worker'

const tools = { echo: async (input: unknown) => input, wait: () => new Promise((resolve) => setTimeout(resolve, 20)) }

type Run = (code: string) => Promise<unknown>

const CONTENDERS: Readonly<Record<string, (loader: WorkerLoader) => Promise<Run>>> = {
  glovebox: async (loader) => {
    const codeMode = await createCodeMode({ sandbox: workerLoader({ loader }), tools })
    return async (code) => {
      const result = await codeMode.execute(code)
      if (!result.ok) throw new Error(result.error.message)
    }
  },
  codemode: async (loader) => {
    const executor = new DynamicWorkerExecutor({ loader: loader as never })
    return async (code) => {
      const { error } = await executor.execute(code, [{ name: 'tools', fns: tools }])
      if (error !== undefined) throw new Error(error)
    }
  },
}

export default {
  /** Runs a program several times in sequence and returns the mean time in ms. */
  async fetch(request: Request, { LOADER: loader }: { readonly LOADER: WorkerLoader }): Promise<Response> {
    const { contender, code, runs } = (await request.json()) as { contender: string; code: string; runs: number }
    const run = await CONTENDERS[contender]?.(loader)
    const started = performance.now()
    for (let count = 0; count < runs; count++) await run?.(code)
    return Response.json((performance.now() - started) / runs)
  },
}
