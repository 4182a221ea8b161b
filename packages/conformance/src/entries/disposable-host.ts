/** `@glovebox/conformance/disposable-host`: starts Node processes that a case may block or crash. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ExecuteResult } from '@glovebox/core'
import type { DisposableHost } from '../case.ts'
import type { Answer, Order } from './disposable-process.ts'

/** Maximum number of characters of stderr that are kept for the error message. */
const MAX_SAID = 4_000
const PROCESS = new URL('./disposable-process.js', import.meta.url)

/**
 * Starts a Node process that hosts a sandbox.
 *
 * @param module URL of a module whose default export creates the sandbox, like `create` of the adapter under test
 */
export async function forkHost(module: URL): Promise<DisposableHost> {
  const child = fork(fileURLToPath(PROCESS), [module.href], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr?.on('data', (text) => {
    said = (said + text).slice(-MAX_SAID)
  })
  const ended = new Promise<never>((_, reject) => {
    child.once('close', (code, signal) =>
      reject(new Error(`the disposable host exited with ${signal ?? code}\n${said}`)),
    )
    child.once('error', reject)
  })
  ended.catch(() => {})
  const waiting = new Map<number, (result: ExecuteResult) => void>()
  let orders = 0
  child.on('message', ({ order, result }: Answer) => waiting.get(order)?.(result))
  return {
    run: (code, limits = {}) => {
      const order: Order = { order: ++orders, code, limits }
      const answered = new Promise<ExecuteResult>((resolve) => waiting.set(order.order, resolve))
      child.send(order)
      return Promise.race([answered, ended])
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended.catch(() => {})
    },
  }
}
