import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

export default {
  name: '@sebastianwessel/quickjs',
  version: packageVersion('@sebastianwessel/quickjs'),
  containment: 'in-process',
  engine: 'quickjs',
  note: 'A fresh context per run on one shared WASM instance; sets up its Node.js compatibility layer in each run.',
  nodeFlags: [],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const [{ loadQuickJs }, { default: variant }] = await Promise.all([
      import('@sebastianwessel/quickjs'),
      import('@jitl/quickjs-ng-wasmfile-release-sync'),
    ])
    const { runSandboxed } = await loadQuickJs(variant)
    const options = {
      allowFetch: false,
      allowFs: false,
      executionTimeout: timeoutMs,
      memoryLimit: memoryBytes,
      maxTimeoutCount: 1000,
      maxIntervalCount: 1000,
      env: { tools },
    }
    return {
      /** @param {string} body */
      async run(body) {
        const result = await runSandboxed(
          ({ evalCode }) => evalCode(`const tools = env.tools; export default await (async () => {${body}\n})()`),
          options,
        )
        if (!result.ok) throw Object.assign(new Error(result.error.message), { name: result.error.name })
        return result.data
      },
      async close() {},
    }
  },
}
