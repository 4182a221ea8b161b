import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

const MB = 1024 * 1024

export default {
  name: 'run',
  version: packageVersion('run'),
  containment: 'contained',
  engine: 'quickjs',
  note: 'Keeps its worker threads warm between runs and starts one when none is free; its cap of 32 runs at once is raised to 1,000, above which it rejects instead of waiting.',
  nodeFlags: ['--disable-warning=ExperimentalWarning'],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const { createRunner, setMaxWorkers } = await import('run')
    setMaxWorkers(1000)
    const runner = createRunner({
      limits: {
        timeoutMs,
        memoryLimitBytes: memoryBytes,
        maxResultBytes: 10 * MB,
        maxConsoleOutputBytes: 10 * MB,
        maxSourceBytes: 10 * MB,
        maxHostFunctionArgumentsBytes: 10 * MB,
        maxHostFunctionOutputBytes: 10 * MB,
        maxBridgeRequests: 20_000,
        maxInFlightBridgeRequests: 1000,
      },
    })
    return {
      /** @param {string} body */
      async run(body) {
        const result = await runner.run({ source: body, hostFunctions: { tools } })
        if (result.status !== 'completed') throw new Error(`The run is ${result.status}.`)
        return result.value
      },
      // Its idle threads do not keep the process alive, and it has no call that ends them.
      async close() {},
    }
  },
}
