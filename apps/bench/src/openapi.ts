import { readFile } from 'node:fs/promises'
import { typeFromSchema } from '@glovebox/core/schema'

export interface OpenApiFigures {
  readonly schemas: number
  readonly textMB: number
  readonly ms: number
  /** Resident memory after the document was parsed, before the conversion. */
  readonly startMB: number
  /** Peak resident memory of the process. */
  readonly peakMB: number
}

/**
 * Converts each named schema of a document once, in a separate call with access to all other schemas, without warm-up.
 * The memory peak is that of the process, so nothing else may be measured before.
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
  // `maxRSS` is in units of 1,024 bytes.
  const peakMB = (process.resourceUsage().maxRSS * 1024) / 1e6
  return { schemas: names.length, textMB: characters / 1e6, ms, startMB, peakMB }
}
