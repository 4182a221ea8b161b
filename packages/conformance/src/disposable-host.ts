/** `@glovebox/conformance/disposable-host`: hosts in Node that a weakness may hold up or end. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ExecuteResult } from '@glovebox/core'
import type { DisposableHost } from './case.ts'
import type { Answer, Order } from './disposable-process.ts'

/** Of what it wrote last, which says why it ended. */
const MAX_SAID = 4_000
const PROCESS = new URL('./disposable-process.js', import.meta.url)

/**
 * Starts a process that hosts what a module makes.
 *
 * @param module whose default export makes a sandbox: the `create` of the adapter under test
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
      reject(new Error(`the host to be lost ended with ${signal ?? code}\n${said}`)),
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
