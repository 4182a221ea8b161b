import { readFileSync, writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { compareResults } from './compare.ts'
import { writePage } from './page.ts'
import type { Results } from './results.ts'
import { runBenchmark } from './run.ts'

interface Options {
  readonly json?: string
  readonly page?: boolean
  readonly quick?: boolean
  readonly engine?: string[]
  readonly row?: string[]
}

const program = new Command('bench')
  .description('Measures our sandboxes beside other engines. Run it on an otherwise idle machine.')
  .option('--json <file>', 'write all figures to a file')
  .option('--page', 'write docs/reference/benchmarks.md with its plots, and keep the figures beside the benchmark')
  .option('--quick', 'run fewer rounds')
  .option('--engine <id...>', 'measure only these engines')
  .option('--row <id...>', 'measure only these rows')
  .action(async ({ json, page, quick = false, engine, row }: Options) => {
    if (page === true && row !== undefined) program.error('--page needs all rows: leave out --row')
    const results = await runBenchmark({ quick, only: engine, rows: row, progress })
    progress('')
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 1)}\n`)
    if (page === true) {
      writePage(results)
      writeFileSync(new URL(`../results/${results.date.slice(0, 10)}.json`, import.meta.url), JSON.stringify(results))
    }
    console.log(`done in ${results.minutes.toFixed(1)} minutes`)
    if (json === undefined && page !== true) console.log(JSON.stringify(results.rows, null, 1))
  })

program
  .command('page <file>')
  .description('write docs/reference/benchmarks.md from the figures of a file')
  .action((file: string) => writePage(read(file)))

program
  .command('compare <before> <after>')
  .description('compare the ratios of two runs, which may be of different machines')
  .option('--factor <number>', 'largest increase of a ratio', parseFactor, 1.5)
  .action((before: string, after: string, { factor }: { factor: number }) => {
    const worse = compareResults(read(before), read(after), factor)
    process.exitCode = worse ? 1 : 0
  })

function parseFactor(text: string): number {
  if (Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('It must be a number above 0.')
}

const read = (file: string): Results => JSON.parse(readFileSync(file, 'utf8')) as Results

/** Shows what is measured: in one line on a terminal, otherwise in a line each. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  else if (text !== '') process.stderr.write(`${(performance.now() / 60_000).toFixed(1)} min: ${text}\n`)
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  program.error(`error: ${error.message}`)
}
