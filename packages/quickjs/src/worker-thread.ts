import { Worker } from 'node:worker_threads'
import type { CarrierEvents, CarrierLink, FromCarrier } from '@glovebox/core/adapter'
import { entryFile } from '@glovebox/node'
import { IN_TURN, INTERRUPTED, type WorkerData } from './messages.ts'

/** The file that threads start from. */
export const workerFile = (): URL =>
  entryFile({ beside: './worker.js', specifier: '@glovebox/quickjs/worker', from: import.meta.url })

/** QuickJS recurses on the thread's stack; this is enough for the deepest recursion that its own limit allows. */
const THREAD_STACK_MB = 8
/** A thread's own objects die young and are few: a small nursery stays in the processor's cache and out of the process's memory. */
const THREAD_NURSERY_MB = 3

/** Starts a worker thread, a carrier of guests. */
export function connectThread(
  data: Omit<WorkerData, 'statuses'>,
  capacity: number,
  { onMessage, onDeath }: CarrierEvents,
): CarrierLink {
  const statuses = new Uint8Array(new SharedArrayBuffer(capacity))
  const worker = new Worker(workerFile(), {
    workerData: { ...data, statuses } satisfies WorkerData,
    env: {},
    execArgv: [],
    resourceLimits: { stackSizeMb: THREAD_STACK_MB, maxYoungGenerationSizeMb: THREAD_NURSERY_MB },
    name: 'glovebox-quickjs',
  })
  worker.on('message', (message: FromCarrier) => onMessage(message))
  const ended = new Promise<void>((resolve) => {
    let detail = 'its thread ended'
    let isOutOfMemory = false
    worker.on('error', (error: Error & { code?: string }) => {
      detail = error.message
      isOutOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    })
    worker.once('exit', () => {
      onDeath(isOutOfMemory ? { detail, limit: 'memory' } : { detail })
      resolve()
    })
  })
  // An idle thread keeps nobody's process alive; an execution that waits holds a timer of its own.
  worker.unref()
  return {
    post: (message) => worker.postMessage(message),
    isInTurn: (slot) => (Atomics.load(statuses, slot) & IN_TURN) !== 0,
    interrupt: (slot) => Atomics.or(statuses, slot, INTERRUPTED),
    kill: async () => {
      await worker.terminate()
      await ended
    },
  }
}
