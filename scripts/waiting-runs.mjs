/**
 * Measures runs that wait: `pnpm waiting-runs`. Suspends 10,000 runs, and lets 10,000 hibernate, with SQLite and with the
 * memory store; prints the host's memory for each, and resumes all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createCodeMode, memoryStore } from '@glovebox/core'
import { quickjs } from '@glovebox/quickjs'
import { sqliteStore } from '@glovebox/store-sqlite'
import { progress } from './report.mjs'

const HELP = `Usage: pnpm waiting-runs [--runs N]

  --runs N   number of runs that wait at the same time (default: 10000)
  --help     print this help`

const { values } = parseArgs({ options: { runs: { type: 'string', default: '10000' }, help: { type: 'boolean' } } })
if (values.help) {
  console.log(HELP)
  process.exit()
}
const RUNS = Number(values.runs)
if (!Number.isSafeInteger(RUNS) || RUNS < 1) {
  console.error(`--runs must be a positive integer; got ${values.runs}`)
  process.exit(2)
}
if (globalThis.gc === undefined) {
  console.error('Run with --expose-gc, as `pnpm waiting-runs` does')
  process.exit(2)
}

/** Number of runs that begin, or are resumed, at the same time. */
const CONCURRENT = 16
/** Wall time of each run in milliseconds, longer than the measurement. */
const WALL_MS = 2_000_000_000

const folder = mkdtempSync(join(tmpdir(), 'glovebox-waiting-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

async function memory() {
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await sleep(300)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, resident: rss }
}

async function inTurn(count, work) {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: CONCURRENT }, worker))
}

async function open(store, policy, tools) {
  const sandbox = quickjs()
  const limits = { wallTimeMs: WALL_MS }
  const runs = { store, hibernateAfterMs: 1, leaseMs: 600_000 }
  const codeMode = await createCodeMode({ sandbox, tools, policy, limits, runs })
  for (let warm = 0; warm < 50; warm++) await codeMode.execute('return 1')
  return { sandbox, codeMode }
}

function report(name, before, after, seconds, right) {
  const each = (key) => `${((after[key] - before[key]) / RUNS / 1_000).toFixed(1)} kB`
  progress('')
  console.log(
    `${name}: ${RUNS} runs, each ${each('heap')} of heap and ${each('resident')} of resident memory; ${right} resumed with the right value in ${seconds.toFixed(0)} s`,
  )
  if (right !== RUNS) process.exitCode = 1
}

async function suspended(name, store) {
  let effects = 0
  const tools = { pay: () => ++effects }
  const { sandbox, codeMode } = await open(store, [{ tools: 'tools.pay', effect: 'ask' }], tools)
  const before = await memory()
  const ids = []
  await inTurn(RUNS, async (index) => {
    progress(`${name}: ${index} suspended`)
    const { run } = await codeMode.execute(`await tools.pay({ x: ${index} }); return ${index}`)
    ids[index] = run
  })
  const after = await memory()
  const began = performance.now()
  let right = 0
  await inTurn(RUNS, async (index) => {
    progress(`${name}: ${index} resumed`)
    const { pending } = await codeMode.runs.get(ids[index])
    const decisions = pending.map(({ call, digest }) => ({ call, digest, decision: 'allow' }))
    const result = await codeMode.resume(ids[index], { decisions })
    if (result.value === index) right++
  })
  report(name, before, after, (performance.now() - began) / 1_000, effects === RUNS ? right : 0)
  await codeMode.close()
  await sandbox.close()
}

async function hibernating(name, store) {
  const gate = Promise.withResolvers()
  let called = 0
  const tools = {
    slow: () => {
      called++
      return gate.promise
    },
  }
  const { sandbox, codeMode } = await open(store, [], tools)
  const before = await memory()
  const executions = []
  while (executions.length < RUNS) {
    progress(`${name}: ${executions.length} hibernating`)
    for (let index = 0; index < CONCURRENT && executions.length < RUNS; index++) {
      const x = executions.length
      executions.push(codeMode.execute(`const x = ${x}; return x + (await tools.slow({ x }))`))
    }
    while (called < executions.length) await sleep(5)
    await sleep(5)
  }
  await sleep(1_000)
  const after = await memory()
  progress(`${name}: all continue`)
  const began = performance.now()
  gate.resolve(1)
  const results = await Promise.all(executions)
  const right = results.filter(({ value }, index) => value === index + 1).length
  report(name, before, after, (performance.now() - began) / 1_000, right)
  await codeMode.close()
  await sandbox.close()
}

for (const [kind, create] of [
  ['SQLite', (name) => sqliteStore(join(folder, name), { synchronous: 'normal' })],
  ['memory', () => memoryStore()],
]) {
  for (const measure of [suspended, hibernating]) {
    const store = create(`${measure.name}.db`)
    await measure(`${measure.name}, ${kind}`, store)
    await store.close()
  }
}
