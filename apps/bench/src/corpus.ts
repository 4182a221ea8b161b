import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tool } from '@glovebox/core'

/** A tool as a server lists it, less what no model is shown. */
export interface ListedTool
  extends Pick<Tool, 'name' | 'description' | 'inputSchema' | 'outputSchema' | 'annotations'> {
  readonly title?: string
}

export interface Server {
  readonly name: string
  readonly tools: readonly ListedTool[]
}

const SHOWN = new Set(['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'])

/** Reads the tool lists in a folder, one JSON file for each server: `{ package, tools }`. */
export async function readCorpus(folder: string): Promise<Server[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort()
  if (files.length === 0) throw new Error(`There is no tool list in ${folder}`)
  return Promise.all(
    files.map(async (file) => {
      const list = JSON.parse(await readFile(join(folder, file), 'utf8')) as { package: string; tools: ListedTool[] }
      return { name: list.package, tools: list.tools.map(shown) }
    }),
  )
}

/** In the order of the list, so that its JSON is the one that a model would read. */
function shown(tool: ListedTool): ListedTool {
  return Object.fromEntries(Object.entries(tool).filter(([key]) => SHOWN.has(key))) as unknown as ListedTool
}
