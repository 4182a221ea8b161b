import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

export default {
  name: '@mastra/core',
  version: packageVersion('@mastra/core'),
  containment: 'none',
  engine: 'node',
  note: 'Its default transport on LocalSandbox: one node process per run with the full rights of the user; its isolated-vm transport (@mastra/isolated-vm) is not in the registry.',
  nodeFlags: [],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const [{ createCodeMode, createTool, noopObserve }, { LocalSandbox }, { z }] = await Promise.all([
      import('@mastra/core/tools'),
      import('@mastra/core/workspace'),
      import('zod'),
    ])
    const workingDirectory = await mkdtemp(join(tmpdir(), 'bench-mastra-'))
    const names = Object.keys(tools)
    const inputSchema = z.any()
    const { tool } = createCodeMode({
      tools: Object.fromEntries(
        names.map((name) => [
          name,
          createTool({ id: name, description: name, inputSchema, execute: async (input) => tools[name](input) }),
        ]),
      ),
      // The transport starts `node` from the PATH; it has to be the host's version.
      sandbox: new LocalSandbox({
        workingDirectory,
        env: {
          PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
          NODE_OPTIONS: `--max-old-space-size=${Math.floor(memoryBytes / (1024 * 1024))}`,
        },
      }),
      timeout: timeoutMs,
    })
    const toolsOfProgram = names.map((name) => `${name}: external_${name}`).join(', ')
    return {
      /** @param {string} body */
      async run(body) {
        const result = await tool.execute(
          { code: `const tools = { ${toolsOfProgram} };${body}` },
          { observe: noopObserve },
        )
        if (!result.success) {
          throw Object.assign(new Error(result.error?.message), { name: result.error?.name ?? 'Error' })
        }
        return result.result
      },
      async close() {
        await rm(workingDirectory, { recursive: true, force: true })
      },
    }
  },
}
