import {
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  RELATED_TASK_META_KEY,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { ANSWER_MS, ANY, type ClientRequest } from './client-request.ts'
import type { Connection } from './connection.ts'
import type { Rounds } from './rounds.ts'
import { describeFirst, describeTask, supportsTasks, TASKS, type Task, type Tasks } from './tasks.ts'

/** The parts of a service that the handlers use. */
export interface TaskParts {
  readonly tasks: Tasks
  readonly rounds: Rounds
  userOf(context: ServerContext): string
}

/** Sets the handlers by which clients look after their tasks. */
export function handleTasks(connection: Connection, parts: TaskParts): void {
  const handle = (method: string, answer: (task: Task, request: ClientRequest) => object) =>
    setHandler(connection, parts, method, (params, request) => answer(findTask(parts, params, request), request))
  const { tasks } = parts
  if (!connection.isFirstGeneration) {
    handle('tasks/get', (task) => describeTask(task))
    handle('tasks/update', (task, { inputResponses }) => {
      task.request.answer(inputResponses)
      return {}
    })
    handle('tasks/cancel', (task) => {
      tasks.cancel(task)
      return {}
    })
    return
  }
  handle('tasks/get', (task) => describeFirst(task))
  handle('tasks/cancel', (task) => {
    tasks.cancel(task)
    return describeFirst(task)
  })
  handle('tasks/result', resultOf)
  setHandler(connection, parts, 'tasks/list', (_, { context }) => ({
    tasks: tasks.of(parts.userOf(context)).map(describeFirst),
  }))
}

type Params = Readonly<Record<string, unknown>>

function setHandler(
  connection: Connection,
  { rounds }: TaskParts,
  method: string,
  handle: (params: Params, request: ClientRequest) => object,
): void {
  const schemas = { params: ANY, result: ANY }
  connection.server.setRequestHandler(method, schemas, (params, context) =>
    rounds.once(connection, context, async (request) => {
      if (!connection.isFirstGeneration && !supportsTasks(request.capabilities))
        throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS]: {} } } })
      return await handle(params as Params, request)
    }),
  )
}

/** @throws `ProtocolError` for a task that the user does not have */
function findTask({ tasks, userOf }: TaskParts, { taskId }: Params, { context }: ClientRequest): Task {
  const task = tasks.find(String(taskId), userOf(context))
  if (task !== undefined) return task
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such task')
}

/** Waits for the result of a task, and asks the client what the task asks. */
async function resultOf(task: Task, { context, signal }: ClientRequest): Promise<object> {
  const { request } = task
  while (task.outcome === undefined) {
    await Promise.race([task.ended, request.asked, aborted(signal)])
    signal.throwIfAborted()
    for (const [key, { method, params }] of Object.entries(request.questions))
      request.answer({ [key]: await context.mcpReq.send({ method, params }, ANY, { signal, timeout: ANSWER_MS }) })
  }
  const { outcome } = task
  if (outcome.status === 'failed') throw new ProtocolError(outcome.error.code, outcome.error.message)
  if (outcome.status === 'cancelled') throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'The task was cancelled')
  return { ...outcome.result, _meta: { ...outcome.result._meta, [RELATED_TASK_META_KEY]: { taskId: request.id } } }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
