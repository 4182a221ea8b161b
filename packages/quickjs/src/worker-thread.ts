import { Worker } from 'node:worker_threads'
import { entryFile, unavailableBy } from '@glovebox/adapter-node'
import type { FromWorker, WorkerEvents, WorkerLink } from '@glovebox/core/adapter'
import { type Boot, type EngineParts, IN_TURN, INTERRUPTED, UP } from './messages.ts'

/** Returns the file that threads start from. */
export const workerFile = (): URL =>
  entryFile({ beside: './glovebox-worker.js', specifier: '@glovebox/quickjs/worker', from: import.meta.url })

/**
 * Stack of a thread in MB. QuickJS recurses on it, and this is enough for the deepest recursion that its limit allows.
 */
const THREAD_STACK_MB = 8
/**
 * Young generation of a thread in MB. The thread's own objects are few and short-lived, so that a small young
 * generation saves memory and stays in the processor's cache.
 */
const THREAD_NURSERY_MB = 3

/**
 * Starts a worker thread that guests share. It starts while its parts are loaded.
 *
 * @throws the reason why `parts` rejects; `SandboxError` `SANDBOX_UNAVAILABLE`; the signal's reason
 */
export async function connectThread(
  parts: Promise<EngineParts>,
  capacity: number,
  { onMessage, onDeath }: WorkerEvents,
  signal: AbortSignal,
): Promise<WorkerLink> {
  signal.throwIfAborted()
  const statuses = new Uint8Array(new SharedArrayBuffer(capacity))
  const worker = createWorker()
  let isUp = false
  let failure: (Error & { code?: string }) | undefined
  worker.on('error', (error: Error) => {
    failure = error
  })
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      const detail = failure?.message ?? 'its thread ended'
      const isOutOfMemory = failure?.code === 'ERR_WORKER_OUT_OF_MEMORY'
      if (isUp) onDeath(isOutOfMemory ? { detail, limit: 'memory' } : { detail })
      resolve()
    })
  })
  const terminate = () => void worker.terminate()
  signal.addEventListener('abort', terminate, { once: true })
  // A thread that cannot start is an error. It must not be replaced repeatedly, like a thread that ended later.
  const up = new Promise<boolean>((resolve) => {
    worker.once('message', (message) => resolve(message === UP))
  })
  // An idle thread does not keep the process alive; an execution that waits holds its own timer.
  worker.unref()
  const boot = parts.then((loaded) => worker.postMessage({ parts: loaded, statuses } satisfies Boot))
  isUp = await Promise.race([boot.then(() => up), ended.then(() => false)]).catch(async (error: unknown) => {
    await worker.terminate()
    throw error
  })
  signal.removeEventListener('abort', terminate)
  signal.throwIfAborted()
  if (!isUp) throw unavailableBy('A worker thread could not be started', failure ?? 'it ended')
  worker.on('message', (message: FromWorker) => onMessage(message))
  // A `message` listener refs the thread again.
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

function createWorker(): Worker {
  const file = workerFile()
  try {
    return new Worker(file, {
      env: {},
      execArgv: [],
      resourceLimits: { stackSizeMb: THREAD_STACK_MB, maxYoungGenerationSizeMb: THREAD_NURSERY_MB },
      name: 'glovebox-quickjs',
    })
  } catch (error) {
    throw unavailableBy('A worker thread could not be started', error)
  }
}
