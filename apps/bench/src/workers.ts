import { writeFile } from 'node:fs/promises'
import { startWorker } from '@glovebox/testing/start-worker'
import { Command } from 'commander'
import { type Spread, spreadOf } from './stats.ts'
import { printRow } from './table.ts'

const { json, quick } = new Command('workers')
  .description(
    'Compares workerLoader() with the DynamicWorkerExecutor of @cloudflare/codemode in a Worker on local workerd.',
  )
  .option('--json <file>', 'also write the results to a file')
  .option('--quick', 'run a tenth of the repetitions')
  .parse()
  .opts<{ json?: string; quick?: boolean }>()

const PROGRAMS = {
  run: 'async () => 1',
  '1 tool call': 'async () => await tools.echo({ i: 1 })',
  '10 tool calls in sequence': 'async () => { for (let i = 0; i < 10; i++) await tools.echo({ i }) }',
  '100 tool calls in sequence': 'async () => { for (let i = 0; i < 100; i++) await tools.echo({ i }) }',
  '100 parallel tool calls':
    'async () => (await Promise.all(Array.from({ length: 100 }, (_, i) => tools.echo({ i })))).length',
  '10 parallel tool calls of 20 ms each':
    'async () => { await Promise.all(Array.from({ length: 10 }, () => tools.wait())) }',
}
const CONTENDERS = ['glovebox', 'codemode']
/** Number of runs per sample. The sample is their mean, because the clock of a Worker has a resolution of 1 ms. */
const RUNS = 10
const ROUNDS = quick === true ? 2 : 20

const worker = await startWorker(new URL('./workers/measured.ts', import.meta.url))
const rows: ({ readonly contender: string; readonly title: string } & Spread)[] = []
try {
  printRow('in a Worker, mean of 10 runs', 'p50', 'p95', 'min', 'samples', 'ratio')
  for (const [title, code] of Object.entries(PROGRAMS)) {
    const samples = new Map(CONTENDERS.map((contender) => [contender, [] as number[]]))
    // Contenders alternate, so that other load of the machine affects both.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const contender of CONTENDERS) {
        const response = await fetch(worker.url, {
          method: 'POST',
          body: JSON.stringify({ contender, code, runs: RUNS }),
        })
        const took = (await response.json()) as number
        // The first round is a warm-up.
        if (round > 0) samples.get(contender)?.push(took)
      }
    }
    let first: Spread | undefined
    for (const contender of CONTENDERS) {
      const spread = spreadOf(samples.get(contender) ?? [])
      first ??= spread
      rows.push({ contender, title, ...spread })
      const show = (value: number) => `${value.toFixed(2)} ms`
      const ratio = `${(spread.p50 / first.p50).toFixed(2)} ×`
      printRow(
        `${title}, ${contender}`,
        show(spread.p50),
        show(spread.p95),
        show(spread.min),
        String(spread.samples),
        ratio,
      )
    }
  }
} finally {
  await worker.stop()
}
if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`)
