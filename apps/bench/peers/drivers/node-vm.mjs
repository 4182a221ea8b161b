/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

export default {
  name: 'node:vm',
  version: process.versions.node,
  containment: 'none',
  engine: 'v8',
  note: 'A floor: a new context per run, the tools are passed as they are, values are not copied, and memory is not limited.',
  nodeFlags: [],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs }) {
    const { createContext, runInContext } = await import('node:vm')
    return {
      /** @param {string} body */
      async run(body) {
        const context = createContext({ tools })
        /** @type {NodeJS.Timeout | undefined} */
        let timer
        const late = new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error(`The run took over ${timeoutMs} ms.`)), timeoutMs)
        })
        try {
          return await Promise.race([
            runInContext(`(async () => {${body}\n})()`, context, { timeout: timeoutMs }),
            late,
          ])
        } finally {
          clearTimeout(timer)
        }
      },
      async close() {},
    }
  },
}
