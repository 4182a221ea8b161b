import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

/** The program's side of the bridge: its last value is the function that takes the answers. */
const bootstrap = (/** @type {string[]} */ names) => `
'use strict'
const send = globalThis.__send
delete globalThis.__send
const waiting = new Map()
let calls = 0
globalThis.tools = {}
for (const name of ${JSON.stringify(names)}) {
  tools[name] = (input) => new Promise((resolve, reject) => {
    waiting.set(++calls, { resolve, reject })
    send(calls, name, JSON.stringify(input))
  })
}
globalThis.__done = (program) => program.then(
  (value) => send(0, 'done', JSON.stringify(value)),
  (error) => send(0, 'failed', String(error?.message ?? error)),
);
(id, failed, json) => {
  const { resolve, reject } = waiting.get(id)
  waiting.delete(id)
  if (failed) reject(new Error(json))
  else resolve(json === undefined ? undefined : JSON.parse(json))
}
`

export default {
  name: 'isolated-vm',
  version: packageVersion('isolated-vm-7'),
  containment: 'in-process',
  engine: 'isolated-vm',
  note: 'A floor: a new isolate and context per run; calls leave by an ignored callback and answers return by one reference, as JSON.',
  nodeFlags: ['--no-node-snapshot'],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const { default: ivm } = await import('isolated-vm-7')
    const memoryLimit = Math.max(8, Math.floor(memoryBytes / (1024 * 1024)))
    const setup = bootstrap(Object.keys(tools))
    return {
      /** @param {string} body */
      async run(body) {
        const isolate = new ivm.Isolate({ memoryLimit })
        /** @type {NodeJS.Timeout | undefined} */
        let timer
        try {
          const context = await isolate.createContext()
          return await new Promise((resolve, reject) => {
            timer = setTimeout(() => reject(new Error(`The run took over ${timeoutMs} ms.`)), timeoutMs)
            /** @type {any} */
            let settle
            const answer = (/** @type {unknown[]} */ values) => {
              try {
                settle.applyIgnored(undefined, values)
              } catch (error) {
                reject(error)
              }
            }
            const send = new ivm.Callback(
              async (/** @type {number} */ id, /** @type {string} */ name, /** @type {string | undefined} */ json) => {
                if (id === 0) {
                  if (name === 'failed') reject(new Error(json))
                  else resolve(json === undefined ? undefined : JSON.parse(json))
                  return
                }
                try {
                  const value = await tools[name](json === undefined ? undefined : JSON.parse(json))
                  answer([id, false, JSON.stringify(value)])
                } catch (error) {
                  answer([id, true, String(error instanceof Error ? error.message : error)])
                }
              },
              { ignored: true },
            )
            const start = async () => {
              context.global.setIgnored('__send', send)
              settle = await context.eval(setup, { reference: true })
              await context.eval(`__done((async () => {${body}\n})());0`, { timeout: timeoutMs })
            }
            start().catch(reject)
          })
        } finally {
          clearTimeout(timer)
          if (!isolate.isDisposed) isolate.dispose()
        }
      },
      async close() {},
    }
  },
}
