import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tool } from '@glovebox/core'

/** A listed tool of a server, with only the parts that a model receives. */
export interface ListedTool
  extends Pick<Tool, 'name' | 'description' | 'inputSchema' | 'outputSchema' | 'annotations'> {
  readonly title?: string
}

export interface Server {
  readonly name: string
  readonly tools: readonly ListedTool[]
}

/** Folder of the tool lists of real servers. */
export const CORPUS = fileURLToPath(new URL('../../../packages/core/test/data/mcp', import.meta.url))
const SHOWN = new Set(['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'])

/** Reads the tool lists in a folder, one JSON file per server: `{ package, tools }`. */
export async function readCorpus(folder: string): Promise<Server[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort()
  if (files.length === 0) throw new Error(`No tool lists found in ${folder}`)
  return Promise.all(
    files.map(async (file) => {
      const list = JSON.parse(await readFile(join(folder, file), 'utf8')) as { package: string; tools: ListedTool[] }
      return { name: list.package, tools: list.tools.map(shown) }
    }),
  )
}

/** Keeps the parts that a model receives, in their original order, so that the JSON is the same. */
function shown(tool: ListedTool): ListedTool {
  return Object.fromEntries(Object.entries(tool).filter(([key]) => SHOWN.has(key))) as unknown as ListedTool
}
