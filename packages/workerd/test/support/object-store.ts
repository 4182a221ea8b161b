import { type ExecuteResult, RunError, type RunErrorCode, type RunStore, type RunSummary } from '@glovebox/core'

/** A call of a Durable Object with a store. */
export interface Call {
  readonly tenant: string
  readonly method: Exclude<keyof RunStore, 'scope' | 'close'> | 'sql' | 'execute' | 'resume'
  readonly input: readonly unknown[]
}

export type Answer = { readonly value: unknown } | { readonly message: string; readonly code?: RunErrorCode }

/** Calls a Durable Object. Rejects with the error of its method. */
export async function callObject(object: URL, method: Call['method'], input: readonly unknown[], tenant = '') {
  const call: Call = { tenant, method, input }
  const response = await fetch(object, { method: 'POST', body: JSON.stringify(call) })
  const answer = (await response.json()) as Answer
  if (!('message' in answer)) return answer.value
  throw answer.code === undefined ? new Error(answer.message) : new RunError(answer.code, answer.message)
}

/** Returns the store of a Durable Object. */
export function objectStore(object: URL, tenant = ''): RunStore {
  const call = (method: Call['method']) =>
    (async (...input: unknown[]) => callObject(object, method, input, tenant)) as never
  return {
    create: call('create'),
    append: call('append'),
    load: call('load'),
    claim: call('claim'),
    release: call('release'),
    delete: call('delete'),
    async *list(filter) {
      yield* (await callObject(object, 'list', filter === undefined ? [] : [filter], tenant)) as RunSummary[]
    },
    scope: (tenant) => objectStore(object, tenant),
    close: async () => {},
  }
}

/** Executes or resumes a program in a Durable Object, with a tool that needs a decision. */
export const runInObject = async (object: URL, method: 'execute' | 'resume', ...input: unknown[]) =>
  (await callObject(object, method, input)) as ExecuteResult
