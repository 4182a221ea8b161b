import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { startWorker } from '../../../test/support/start-worker.ts'
import { type Spread, spreadOf } from './stats.ts'
import { printRow } from './table.ts'

const { json, quick } = new Command('workers')
  .description(
    'Measures sandboxes in a Worker, on one workerd: ours beside the DynamicWorkerExecutor of @cloudflare/codemode.',
  )
  .option('--json <file>', 'also write the figures to a file')
  .option('--quick', 'a quick look: a tenth of the repetitions')
  .parse()
  .opts<{ json?: string; quick?: boolean }>()

const PROGRAMS = {
  'fresh run': 'async () => 1',
  '1 tool call': 'async () => await tools.echo({ i: 1 })',
  '10 tool calls in sequence': 'async () => { for (let i = 0; i < 10; i++) await tools.echo({ i }) }',
  '100 tool calls in sequence': 'async () => { for (let i = 0; i < 100; i++) await tools.echo({ i }) }',
  '100 tool calls at once':
    'async () => (await Promise.all(Array.from({ length: 100 }, (_, i) => tools.echo({ i })))).length',
  '10 tool calls at once, of 20 ms each':
    'async () => { await Promise.all(Array.from({ length: 10 }, () => tools.wait())) }',
}
const CONTENDERS = ['glovebox', 'codemode']
/** The clock of a Worker shows whole milliseconds: each sample is the mean of so many runs. */
const RUNS = 10
const ROUNDS = quick === true ? 2 : 20

const worker = await startWorker(new URL('../src/workers/measured.ts', import.meta.url))
const rows: ({ readonly contender: string; readonly title: string } & Spread)[] = []
try {
  printRow('in a Worker, the mean of 10 runs', 'p50', 'p95', 'min', 'samples', 'ratio')
  for (const [title, code] of Object.entries(PROGRAMS)) {
    const samples = new Map(CONTENDERS.map((contender) => [contender, [] as number[]]))
    // In turns, so that what else the machine does meets both.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const contender of CONTENDERS) {
        const response = await fetch(worker.url, {
          method: 'POST',
          body: JSON.stringify({ contender, code, runs: RUNS }),
        })
        const took = (await response.json()) as number
        // The first is a warm-up.
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
