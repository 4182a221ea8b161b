import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { readCorpus } from './corpus.ts'
import { measureOpenApi } from './openapi.ts'
import { printRow } from './table.ts'

const CORPUS = fileURLToPath(new URL('../../../packages/core/test/data/mcp', import.meta.url))

const { corpus, json, quick, openapi } = new Command('schemas')
  .description('Measures schemas as TypeScript: the tokens that it is, and the time to write it.')
  .option('--corpus <folder>', 'the tool lists, a JSON file for each server', CORPUS)
  .option('--json <file>', 'also write the figures to a file')
  .option('--quick', 'a quick look: a tenth of the repetitions')
  .option('--openapi <file>', 'instead convert the named schemas of an OpenAPI document, in JSON')
  .parse()
  .opts<{ corpus: string; json?: string; quick?: boolean; openapi?: string }>()

console.log(`Node ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}\n`)
const figures = openapi === undefined ? await compareOn(corpus) : await convertDocument(openapi)
if (json !== undefined) {
  await writeFile(
    json,
    `${JSON.stringify({ node: process.version, cores: availableParallelism(), ...figures }, null, 2)}\n`,
  )
}

async function compareOn(folder: string): Promise<object> {
  // Only now: what it compares with would be part of the memory that converting a document takes.
  const { compare } = await import('./comparison.ts')
  return compare(await readCorpus(folder), quick === true ? 0.1 : 1)
}

async function convertDocument(file: string): Promise<object> {
  const measured = await measureOpenApi(file)
  const { schemas, textMB, ms, startMB, peakMB } = measured
  printRow('OpenAPI document, cold', 'schemas', 'text', 'time', 'memory', 'peak')
  const megabytes = (value: number) => `${value.toFixed(1)} MB`
  printRow(file, String(schemas), megabytes(textMB), `${ms.toFixed(0)} ms`, megabytes(startMB), megabytes(peakMB))
  return { openapi: { file, ...measured } }
}
