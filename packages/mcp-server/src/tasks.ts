import type { CallToolResult, ClientCapabilities } from '@modelcontextprotocol/server'
import type { ClientRequest } from './client-request.ts'
import type { Worked } from './worked.ts'

/** Extension by which clients of the revision of 2026-07-28 support tasks. */
export const TASKS = 'io.modelcontextprotocol/tasks'
/** Time after which a call becomes a task, for clients that support them, in milliseconds. */
const LATE_MS = 500
/** Time for which a task can be looked at, in milliseconds. */
const TTL_MS = 60 * 60_000
/** Time after which clients should look again, in milliseconds. */
const POLL_MS = 500
/** Maximum number of tasks of one user. The oldest that has ended is forgotten for a new one. */
const MAX_TASKS = 200

export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled'

/** Outcome of a task. */
type Outcome =
  | { readonly status: 'completed'; readonly result: CallToolResult }
  | { readonly status: 'failed'; readonly error: { readonly code: number; readonly message: string } }
  | { readonly status: 'cancelled' }

/** A call that continues after its request was answered. */
export interface Task {
  readonly request: ClientRequest
  readonly createdAt: Date
  updatedAt: Date
  outcome: Outcome | undefined
  /** Resolves when there is an outcome. */
  readonly ended: Promise<void>
}

/** A result that is no result of a tool, but tells of a task. */
const told = new WeakSet<object>()
export const isTaskResult = (result: object): boolean => told.has(result)

/** Calls that take long, for clients that look after them instead of waiting. */
export class Tasks {
  readonly #tasks = new Map<string, Task>()

  /** Returns the time after which a request becomes a task, in milliseconds. Undefined if it never does. */
  startsAfterMs(
    request: ClientRequest,
    method: string,
    { task }: Readonly<Record<string, unknown>>,
  ): number | undefined {
    if (method !== 'tools/call' || !this.#makeRoom(request.user)) return undefined
    if (request.connection.isFirstGeneration) return task === undefined ? undefined : 0
    return supportsTasks(request.capabilities) ? LATE_MS : undefined
  }

  /** Makes a request a task, and returns the answer for the client. */
  add(request: ClientRequest): object {
    const createdAt = new Date()
    const task: Task = {
      request,
      createdAt,
      updatedAt: createdAt,
      outcome: undefined,
      ended: this.#follow(request),
    }
    this.#tasks.set(request.id, task)
    setTimeout(() => this.#delete(task), TTL_MS).unref()
    const { resultType: _, ...described } = describeTask(task)
    const result = request.connection.isFirstGeneration
      ? { task: describeFirst(task) }
      : { ...described, resultType: 'task' }
    told.add(result)
    return result
  }

  /** Returns a task of a user. */
  find(id: string, user: string): Task | undefined {
    const task = this.#tasks.get(id)
    return task?.request.user === user ? task : undefined
  }

  /** Returns the tasks of a user. */
  of(user: string): readonly Task[] {
    return [...this.#tasks.values()].filter(({ request }) => request.user === user)
  }

  /** Ends a task. Without effect if it has ended. */
  cancel(task: Task): void {
    if (task.outcome !== undefined) return
    settle(task, { status: 'cancelled' })
    task.request.end(new Error('The task was cancelled'))
  }

  async #follow(request: ClientRequest): Promise<void> {
    let outcome: Outcome
    try {
      const worked = await request.result<Worked<CallToolResult>>()
      if (!('result' in worked)) throw new Error('The task cannot ask its client')
      outcome = { status: 'completed', result: worked.result }
    } catch (error) {
      const { code, message } = error as { readonly code?: unknown; readonly message: string }
      outcome = { status: 'failed', error: { code: Number.isSafeInteger(code) ? (code as number) : -32_603, message } }
    }
    const task = this.#tasks.get(request.id)
    if (task === undefined || task.outcome !== undefined) return
    settle(task, outcome)
    request.end(new Error('The task has ended'))
  }

  /** Forgets the oldest task that has ended if a user has too many. Returns false if none has ended. */
  #makeRoom(user: string): boolean {
    const own = this.of(user)
    if (own.length < MAX_TASKS) return true
    const ended = own.find(({ outcome }) => outcome !== undefined)
    if (ended !== undefined) this.#delete(ended)
    return ended !== undefined
  }

  #delete(task: Task): void {
    this.#tasks.delete(task.request.id)
    task.request.end(new Error('The task has expired'))
  }
}

function settle(task: Task, outcome: Outcome): void {
  task.outcome = outcome
  task.updatedAt = new Date()
}

const statusOf = ({ outcome, request }: Task): TaskStatus =>
  outcome?.status ?? (Object.keys(request.questions).length > 0 ? 'input_required' : 'working')

export const supportsTasks = ({ extensions }: ClientCapabilities): boolean => extensions?.[TASKS] !== undefined

/** Describes a task for clients of the revision of 2026-07-28. */
export function describeTask(task: Task): Record<string, unknown> {
  const status = statusOf(task)
  const { status: _, ...outcome } = task.outcome ?? { status }
  return {
    resultType: 'complete',
    taskId: task.request.id,
    status,
    createdAt: task.createdAt.toISOString(),
    lastUpdatedAt: task.updatedAt.toISOString(),
    ttlMs: TTL_MS,
    pollIntervalMs: POLL_MS,
    ...outcome,
    ...(status === 'input_required' && { inputRequests: task.request.questions }),
  }
}

/** Describes a task for clients of the first generation. */
export const describeFirst = (task: Task): Record<string, unknown> => ({
  taskId: task.request.id,
  status: statusOf(task),
  createdAt: task.createdAt.toISOString(),
  lastUpdatedAt: task.updatedAt.toISOString(),
  ttl: TTL_MS,
  pollInterval: POLL_MS,
})
