/**
 * Checks in about half a minute that no sandbox has become several times slower than in the figures that are kept with the
 * repository. Only ratios to the round trip of a pipe in the same run count.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { compareResults } from './compare.ts'
import { OURS } from './contenders.ts'
import type { Results } from './results.ts'
import { runBenchmark } from './run.ts'

const KEPT = new URL('../results/', import.meta.url)
const ROWS = ['call', 'ready', 'in-a-row']
/** A machine with other load varies by half of this. A regression of this size has a cause. */
const FACTOR = 4
const ATTEMPTS = 2

const newest = readdirSync(KEPT)
  .filter((file) => file.endsWith('.json'))
  .sort()
  .at(-1)
if (newest === undefined) throw new Error('apps/bench/results has no figures')
const before = JSON.parse(readFileSync(new URL(newest, KEPT), 'utf8')) as Results

let isWorse = true
for (let attempt = 0; isWorse && attempt < ATTEMPTS; attempt++) {
  const after = await runBenchmark({ quick: true, only: OURS, rows: ROWS, progress: () => {} })
  console.log(`Ratios of ${newest} and of now:`)
  isWorse = compareResults(before, after, FACTOR)
}
process.exitCode = isWorse ? 1 : 0
