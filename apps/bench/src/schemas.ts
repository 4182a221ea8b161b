import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { Command } from 'commander'
import { CORPUS, readCorpus } from './corpus.ts'
import { measureOpenApi } from './openapi.ts'
import { printRow } from './table.ts'

const { corpus, json, quick, openapi } = new Command('schemas')
  .description('Measures the conversion of schemas to TypeScript: token counts and times.')
  .option('--corpus <folder>', 'folder of tool lists, one JSON file per server', CORPUS)
  .option('--json <file>', 'also write the results to a file')
  .option('--quick', 'run a tenth of the repetitions')
  .option('--openapi <file>', 'convert the named schemas of an OpenAPI document in JSON instead')
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
  // Imported here, because the other converters would count as memory of the document conversion.
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
