import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

export default {
  name: '@mondaydotcomorg/atp-server',
  version: packageVersion('@mondaydotcomorg/atp-server'),
  containment: 'in-process',
  engine: 'isolated-vm',
  note: 'Its SandboxExecutor alone, without the HTTP server; on isolated-vm 6.2.0 instead of 5.0.4, which it pins and whose package has no binaries; its timeout does not end a program that waits forever.',
  nodeFlags: ['--no-node-snapshot'],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const [{ SandboxExecutor }, { initializeLogger }] = await Promise.all([
      import('@mondaydotcomorg/atp-server'),
      import('@mondaydotcomorg/atp-runtime'),
    ])
    initializeLogger({ level: 'none' })
    const executor = new SandboxExecutor(
      {
        defaultTimeout: timeoutMs,
        maxTimeout: timeoutMs,
        defaultMemoryLimit: memoryBytes,
        maxMemoryLimit: memoryBytes,
        defaultLLMCallLimit: 20_000,
        maxLLMCallLimit: 20_000,
      },
      [
        {
          name: 'host',
          type: 'custom',
          functions: Object.entries(tools).map(([name, call]) => ({
            name,
            description: name,
            inputSchema: { type: 'object' },
            handler: async (/** @type {unknown} */ input) => call(input),
          })),
        },
      ],
    )
    const config = {
      timeout: timeoutMs,
      maxMemory: memoryBytes,
      maxLLMCalls: 20_000,
      allowedAPIs: [],
      allowLLMCalls: false,
    }
    return {
      /** @param {string} body */
      async run(body) {
        const result = await executor.execute(`const tools = api.host;${body}`, config)
        if (result.status !== 'completed') throw new Error(result.error?.message ?? `The run is ${result.status}.`)
        return result.result
      },
      async close() {},
    }
  },
}
