import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

const MB = 1024 * 1024

export default {
  name: '@ai-sdk/code-mode',
  version: packageVersion('@ai-sdk/code-mode'),
  containment: 'contained',
  engine: 'quickjs',
  note: "Runs on `run`, whose cap of 32 runs at once is raised to 1,000; each call of a tool passes the AI SDK's validation of its input.",
  nodeFlags: ['--disable-warning=ExperimentalWarning'],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const [{ experimental_runCodeMode: runCodeMode, experimental_setMaxWorkers: setMaxWorkers }, { tool }, { z }] =
      await Promise.all([import('@ai-sdk/code-mode'), import('ai'), import('zod')])
    setMaxWorkers(1000)
    const inputSchema = z.any()
    const toolSet = Object.fromEntries(
      Object.entries(tools).map(([name, call]) => [
        name,
        tool({ description: name, inputSchema, execute: (input) => call(input) }),
      ]),
    )
    const options = {
      executionPolicy: {
        timeoutMs,
        memoryLimitBytes: memoryBytes,
        maxResultBytes: 10 * MB,
        maxConsoleOutputBytes: 10 * MB,
        maxSourceBytes: 10 * MB,
        maxToolInputBytes: 10 * MB,
        maxToolOutputBytes: 10 * MB,
        maxBridgeRequests: 20_000,
        maxInFlightBridgeRequests: 1000,
      },
    }
    return {
      /** @param {string} body */
      run: (body) => runCodeMode({ js: body, tools: toolSet, options }),
      // Its idle threads do not keep the process alive, and it has no call that ends them.
      async close() {},
    }
  },
}
