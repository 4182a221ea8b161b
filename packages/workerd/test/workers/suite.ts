/** Runs the conformance case `/id` in a Worker and returns its report, or runs a program that is posted. */
import { runConformance } from '@glovebox/conformance/suite'
import { createCodeMode } from '@glovebox/core'
import { type WorkerLoader, workerLoader } from '@glovebox/workerd/worker'

import type { Order } from '../support/loader-suite.ts'

export default {
  async fetch(request: Request, { LOADER: loader }: { readonly LOADER: WorkerLoader }): Promise<Response> {
    if (request.method === 'POST') {
      const { code, limits } = (await request.json()) as Order
      await using sandbox = workerLoader({ loader })
      await using codeMode = await createCodeMode({ sandbox, tools: {}, limits })
      return Response.json(await codeMode.execute(code))
    }
    const id = new URL(request.url).pathname.slice(1)
    const { cases } = await runConformance({
      name: 'worker-loader',
      create: () => workerLoader({ loader }),
      includes: (each) => each.id === id,
    })
    return Response.json(cases[0])
  },
}
