import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { ToolShape } from '@glovebox/core'
import { isRecord, parseToolShape } from '@glovebox/core/framework'
import { UsageError } from './exit-codes.ts'

/** Text file with shapes of results, which a team reviews and shares. Its keys are `server.tool`. */
interface ShapeFile {
  readonly version: 1
  readonly shapes: Readonly<Record<string, Omit<ToolShape, 'server' | 'tool'>>>
}

/** Returns the file of shapes that belongs to a configuration: `mcp.shapes.json` beside `mcp.json`. */
export const shapeFileOf = (config: string): string => `${config.replace(/\.json$/, '')}.shapes.json`

/**
 * Reads the shapes of a file.
 *
 * @param file file that must exist, or undefined for the one beside the configuration, if it exists
 * @throws {@link UsageError} for a file that cannot be read
 */
export async function readShapes(file: string | undefined, config: string | undefined): Promise<readonly ToolShape[]> {
  const found = config === undefined ? undefined : shapeFileOf(config)
  const path = file ?? (found !== undefined && existsSync(found) ? found : undefined)
  if (path === undefined) return []
  try {
    const { version, shapes } = JSON.parse(await readFile(path, 'utf8')) as Partial<ShapeFile>
    if (version !== 1 || !isRecord(shapes)) throw new TypeError('it must have `version` 1 and `shapes`')
    return Object.entries(shapes).map(([key, shape]) => {
      const at = key.indexOf('.')
      if (at < 1 || !isRecord(shape)) throw new TypeError(`${JSON.stringify(key)} must be server.tool with a shape`)
      return parseToolShape({ ...shape, server: key.slice(0, at), tool: key.slice(at + 1) })
    })
  } catch (error) {
    throw new UsageError(`The shapes in ${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/** Writes shapes to a file, in an order that does not change. */
export async function writeShapes(file: string, all: readonly ToolShape[]): Promise<void> {
  const entries = all.map(({ server, tool, ...shape }) => [`${server}.${tool}`, shape] as const)
  const sorted = entries.toSorted(([one], [other]) => (one < other ? -1 : 1))
  const content: ShapeFile = { version: 1, shapes: Object.fromEntries(sorted) }
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, `${JSON.stringify(content, undefined, 2)}\n`, { flag: 'wx' })
  await rename(temporary, file)
}
