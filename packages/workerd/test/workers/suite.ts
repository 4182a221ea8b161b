/** Runs one case of the suite in a Worker: `/id` answers with its report. */
import { runConformance } from '@glovebox/conformance/suite'
import { type WorkerLoader, workerLoader } from '@glovebox/workerd/worker'

export default {
  async fetch(request: Request, { LOADER: loader }: { readonly LOADER: WorkerLoader }): Promise<Response> {
    const id = new URL(request.url).pathname.slice(1)
    const { cases } = await runConformance({
      name: 'worker-loader',
      create: () => workerLoader({ loader }),
      includes: (each) => each.id === id,
    })
    return Response.json(cases[0])
  },
}
