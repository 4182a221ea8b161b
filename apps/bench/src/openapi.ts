import { readFile } from 'node:fs/promises'
import { typeFromSchema } from '@glovebox/core/schema'

export interface OpenApiFigures {
  readonly schemas: number
  readonly textMB: number
  readonly ms: number
  /** The resident memory once the document is parsed, before anything is converted. */
  readonly startMB: number
  /** The most resident memory that the process has had. */
  readonly peakMB: number
}

/**
 * Converts each of a document's named schemas once, in a call of its own that can reach all the others. Cold, as a user
 * meets it. The peak is that of the process, so nothing else may have been measured before.
 */
export async function measureOpenApi(file: string): Promise<OpenApiFigures> {
  const document = JSON.parse(await readFile(file, 'utf8')) as {
    components?: { schemas?: { [name: string]: unknown } }
  }
  const { components } = document
  const names = Object.keys(components?.schemas ?? {})
  if (names.length === 0) throw new Error(`${file} has no components.schemas`)
  const startMB = process.memoryUsage.rss() / 1e6
  let characters = 0
  const started = performance.now()
  for (const name of names) {
    const step = encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
    const { declarations, type } = typeFromSchema({ $ref: `#/components/schemas/${step}`, components }, { name })
    characters += declarations.length + type.length
  }
  const ms = performance.now() - started
  // In kilobytes of 1,024.
  const peakMB = (process.resourceUsage().maxRSS * 1024) / 1e6
  return { schemas: names.length, textMB: characters / 1e6, ms, startMB, peakMB }
}
