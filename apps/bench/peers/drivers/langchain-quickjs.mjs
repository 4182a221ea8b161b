import { packageVersion } from '../package-version.mjs'

/** @typedef {(input: unknown) => unknown | Promise<unknown>} Tool */

let sessions = 0

export default {
  name: '@langchain/quickjs',
  version: packageVersion('@langchain/quickjs'),
  containment: 'in-process',
  engine: 'quickjs',
  note: 'A new ReplSession per run on one shared WASM instance; a waiting program is polled each millisecond; tools answer with text, so the driver parses JSON in the program.',
  nodeFlags: [],
  /**
   * @param {Record<string, Tool>} tools
   * @param {{ timeoutMs: number, memoryBytes: number }} limits
   */
  async create(tools, { timeoutMs, memoryBytes }) {
    const [{ ReplSession, toCamelCase }, { tool }, { z }] = await Promise.all([
      import('@langchain/quickjs'),
      import('@langchain/core/tools'),
      import('zod'),
    ])
    const schema = z.object({ input: z.any() })
    const names = Object.keys(tools)
    const structuredTools = names.map((name) =>
      tool(async ({ input }) => JSON.stringify((await tools[name](input)) ?? null), {
        name,
        description: name,
        schema,
      }),
    )
    const toolsOfProgram = names
      .map((name) => `${name}: async (input) => JSON.parse(await globalThis.tools.${toCamelCase(name)}({ input }))`)
      .join(', ')
    return {
      /** @param {string} body */
      async run(body) {
        const id = `bench-${++sessions}`
        const session = ReplSession.getOrCreate(id, {
          tools: structuredTools,
          memoryLimitBytes: memoryBytes,
          maxPtcCalls: null,
          maxResultChars: 10 * 1024 * 1024,
          sessionId: id,
        })
        try {
          const result = await session.eval(
            `await (async () => { const tools = { ${toolsOfProgram} };${body}\n})()`,
            timeoutMs,
          )
          if (!result.ok) throw Object.assign(new Error(result.error?.message), { name: result.error?.name ?? 'Error' })
          return result.value
        } finally {
          session.dispose()
        }
      },
      async close() {},
    }
  },
}
