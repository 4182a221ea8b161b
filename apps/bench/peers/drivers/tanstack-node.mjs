import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

export default {
  name: '@tanstack/ai-isolate-node',
  version: packageVersion('@tanstack/ai-isolate-node'),
  containment: 'in-process',
  engine: 'isolated-vm',
  note: 'A call of a tool blocks the program until the host has answered, so calls in a Promise.all run one after another; create starts one node process that probes the addon; its timeout does not end a program that waits forever.',
  nodeFlags: ['--no-node-snapshot'],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const [{ createNodeIsolateDriver }, { createCodeModeTool }, { toolDefinition }, { z }] = await Promise.all([
      import('@tanstack/ai-isolate-node'),
      import('@tanstack/ai-code-mode'),
      import('@tanstack/ai'),
      import('zod'),
    ])
    const names = Object.keys(tools)
    const inputSchema = z.any()
    // Its tool makes a fresh context per call.
    const codeMode = createCodeModeTool({
      driver: createNodeIsolateDriver(),
      tools: names.map((name) => toolDefinition({ name, description: name, inputSchema }).server(tools[name])),
      timeout: timeoutMs,
      memoryLimit: Math.max(8, Math.floor(memoryBytes / (1024 * 1024))),
      onSecretParameter: 'ignore',
    })
    const toolsOfProgram = names.map((name) => `${name}: external_${name}`).join(', ')
    return {
      /** @param {string} body */
      async run(body) {
        const result = await codeMode.execute({ typescriptCode: `const tools = { ${toolsOfProgram} };${body}` })
        if (!result.success) {
          throw Object.assign(new Error(result.error.message), { name: result.error.name ?? 'Error' })
        }
        return result.result
      },
      async close() {},
    }
  },
}
