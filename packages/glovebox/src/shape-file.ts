import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { ToolShape } from '@glovebox/core'
import { isRecord, parseToolShape } from '@glovebox/core/framework'
import { UsageError } from './exit-codes.ts'

/** Options about the types of results. */
export interface ShapeOptions {
  /** Whether types of results are learnt and declared. Default: false */
  readonly learn?: boolean
  /** File with shapes that a team shares. Default: the one beside the configuration */
  readonly shapes?: string
}

/** Text file with shapes of results, which a team reviews and shares. Its keys are `server.tool`. */
interface ShapeFile {
  readonly version: 1
  readonly shapes: Readonly<Record<string, Omit<ToolShape, 'server' | 'tool'>>>
}

/** Maximum length of a file with shapes, in characters. */
const MAX_LENGTH = 20_000_000

/** Returns the file of shapes that belongs to a configuration: `mcp.shapes.json` beside `mcp.json`. */
export const shapeFileOf = (config: string): string => `${config.replace(/\.json$/, '')}.shapes.json`

/**
 * Reads the shapes of a file. Those that cannot be used are reported and left out: nothing depends on them.
 *
 * @param file file that must exist, or undefined for the one beside the configuration, if it exists
 * @throws {@link UsageError} for a file that was named and cannot be read
 */
export async function readShapes(
  file: string | undefined,
  config: string | undefined,
  warn: (message: string) => void,
): Promise<readonly ToolShape[]> {
  const found = config === undefined ? undefined : shapeFileOf(config)
  const path = file ?? (found !== undefined && existsSync(found) ? found : undefined)
  if (path === undefined) return []
  try {
    const text = await readFile(path, 'utf8')
    if (text.length > MAX_LENGTH) throw new TypeError(`it has more than ${MAX_LENGTH} characters`)
    const { version, shapes } = JSON.parse(text) as Partial<ShapeFile>
    if (version !== 1 || !isRecord(shapes)) throw new TypeError('it must have `version` 1 and `shapes`')
    return Object.entries(shapes).flatMap(([key, shape]) => shapeIn(path, key, shape, warn) ?? [])
  } catch (error) {
    const message = `The types of results in ${path} cannot be read: ${(error as Error).message}`
    if (file !== undefined) throw new UsageError(message, { cause: error })
    warn(message)
    return []
  }
}

function shapeIn(path: string, key: string, shape: unknown, warn: (message: string) => void): ToolShape | undefined {
  const at = key.indexOf('.')
  try {
    if (at < 1 || !isRecord(shape)) throw new TypeError('it must be server.tool with a shape')
    return parseToolShape({ ...shape, server: key.slice(0, at), tool: key.slice(at + 1) } as unknown as ToolShape)
  } catch (error) {
    warn(`${path}: ${key} is left out: ${(error as Error).message}`)
    return undefined
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
