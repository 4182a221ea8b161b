/** A Durable Object that keeps runs and is called over HTTP. */
import { createCodeMode, RunError, type RunFilter, type RunStore, type RunSummary } from '@glovebox/core'
import {
  type DurableObjectStorage,
  durableObjectStore,
  type WorkerLoader,
  workerLoader,
} from '@glovebox/workerd/worker'

import type { Answer, Call } from '../support/object-store.ts'

interface Env {
  readonly LOADER: WorkerLoader
  readonly OBJECTS: {
    idFromName(name: string): object
    get(id: object): { fetch(request: Request): Promise<Response> }
  }
}

export class RunObject {
  readonly #storage: DurableObjectStorage
  readonly #env: Env

  constructor({ storage }: { readonly storage: DurableObjectStorage }, env: Env) {
    this.#storage = storage
    this.#env = env
  }

  async fetch(request: Request): Promise<Response> {
    const call = (await request.json()) as Call
    return Response.json(await answer(() => this.#run(call)))
  }

  async #run({ tenant, method, input }: Call): Promise<unknown> {
    if (method === 'sql') return this.#storage.sql.exec(input[0] as string).toArray()
    // A store for each request, as of objects that were evicted in between.
    const store = durableObjectStore(this.#storage)
    if (method === 'execute' || method === 'resume') {
      await using sandbox = workerLoader({ loader: this.#env.LOADER })
      const tools = { pay: (amount: number) => ({ paid: amount }) }
      const policy = [{ tools: 'tools.pay', effect: 'ask' }] as const
      await using codeMode = await createCodeMode({ sandbox, tools, policy, runs: { store } })
      return await (codeMode[method] as (...input: readonly unknown[]) => unknown)(...input)
    }
    const scope = store.scope(tenant)
    if (method === 'list') {
      const listed: RunSummary[] = []
      for await (const run of scope.list(input[0] as RunFilter | undefined)) listed.push(run)
      return listed
    }
    return await (scope[method] as (...input: readonly unknown[]) => ReturnType<RunStore['load']>)(...input)
  }
}

async function answer(run: () => Promise<unknown>): Promise<Answer> {
  try {
    return { value: await run() }
  } catch (error) {
    const { message } = error as Error
    return { message, ...(error instanceof RunError && { code: error.code }) }
  }
}

export default {
  fetch: (request: Request, { OBJECTS: objects }: Env): Promise<Response> =>
    objects.get(objects.idFromName(new URL(request.url).pathname)).fetch(request),
}
