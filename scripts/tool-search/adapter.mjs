/** Adapter of the tool search for benchmarks of retrieval: takes servers, returns a search for their tools. */
import { createCodeMode, toolProvider } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'

/**
 * @param servers `[{ name, description, tools: [{ name, description, inputSchema }] }]`
 * @returns `(query, limit) => [{ server, tool }]`, the best first
 */
// biome-ignore lint/style/noDefaultExport: benchmarks import adapters this way
export default async function createSearch(servers) {
  const sandbox = quickjs()
  const tools = servers.map(({ name, description, tools: listed }) =>
    toolProvider({ name, description, tools: listed.map((tool) => ({ ...tool, execute: () => null })) }),
  )
  const codeMode = await createCodeMode({ sandbox, tools })
  await sandbox.close()
  return async (query, limit) => {
    const { items } = await codeMode.search({ query, limit, detail: 'names' })
    return items.map(({ namespace, name }) => ({ server: namespace, tool: name }))
  }
}
