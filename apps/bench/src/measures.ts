import { setTimeout as delay } from 'node:timers/promises'
import { type CodeMode, createCodeMode, type Sandbox } from '@glovebox/core'
import { type Spread, spreadOf } from './stats.ts'

/** One thing that is measured, on one sandbox. */
export interface Measure {
  readonly id: string
  readonly title: string
  readonly unit: 'ms' | 'MB'
  run(context: Context): Promise<Spread>
}

export interface Context {
  readonly codeMode: CodeMode
  /** Scales how often everything is repeated: 1 for figures, less for a quick look. */
  readonly effort: number
}

/** So many that the compilers of the host and its threads have settled: figures are those of a process that has run a while. */
const WARM_UP_ROUNDS = 1_000
/** Long enough for a guest to be made ready while nothing else happens. */
const IDLE_MS = 20

export async function withContext<Result>(
  sandbox: Sandbox,
  effort: number,
  use: (context: Context) => Promise<Result>,
): Promise<Result> {
  const megabyte = 'x'.repeat(1_000_000)
  const rows = Array.from({ length: 9_000 }, (_, id) => ({
    id,
    name: `item ${id}`,
    tags: ['a', 'b'],
    price: id * 1.5,
    nested: { x: id, y: null },
  }))
  await using codeMode = await createCodeMode({
    sandbox,
    tools: { echo: (input: unknown) => input, text: () => megabyte, rows: () => rows, wait: () => delay(20) },
  })
  for (let round = 0; round < WARM_UP_ROUNDS * effort; round++) await time(codeMode, 'return 1')
  return await use({ codeMode, effort })
}

async function time(codeMode: CodeMode, code: string): Promise<number> {
  const started = performance.now()
  const result = await codeMode.execute(code)
  const took = performance.now() - started
  if (!result.ok) throw new Error(`the measured program failed: ${result.error.code} ${result.error.message}`)
  return took
}

function program(id: string, title: string, code: string, rounds: number, idle: boolean): Measure {
  return {
    id,
    title,
    unit: 'ms',
    run: async ({ codeMode, effort }) => {
      const samples: number[] = []
      for (let round = 0; round < Math.max(3, rounds * effort); round++) {
        if (idle) await delay(IDLE_MS)
        samples.push(await time(codeMode, code))
      }
      return spreadOf(samples)
    },
  }
}

const sequential = (calls: number) =>
  `let sum = 0; for (let i = 0; i < ${calls}; i++) sum += (await tools.echo({ i })).i; return sum`
const parallel = (calls: number) =>
  `return (await Promise.all(Array.from({ length: ${calls} }, (_, i) => tools.echo({ i })))).length`

export const MEASURES: readonly Measure[] = [
  program('fresh-ready', 'fresh run, a guest ready', 'return 1 + 1', 200, true),
  program('fresh-back-to-back', 'fresh run, back to back', 'return 1 + 1', 300, false),
  program('calls-1', '1 host call', sequential(1), 60, true),
  program('calls-10', '10 host calls in sequence', sequential(10), 60, true),
  program('calls-100', '100 host calls in sequence', sequential(100), 40, true),
  program('calls-100-parallel', '100 host calls at once', parallel(100), 40, true),
  program(
    'calls-10-waiting',
    '10 host calls at once, of 20 ms each',
    'await Promise.all(Array.from({ length: 10 }, () => tools.wait()))',
    20,
    true,
  ),
  {
    id: 'runs-50',
    title: '50 runs at once',
    unit: 'ms',
    run: async ({ codeMode, effort }) => {
      const samples: number[] = []
      for (let round = 0; round < Math.max(3, 12 * effort); round++) {
        await delay(IDLE_MS * 2)
        const started = performance.now()
        await Promise.all(Array.from({ length: 50 }, () => time(codeMode, 'return 1 + 1')))
        samples.push(performance.now() - started)
      }
      return spreadOf(samples)
    },
  },
  {
    id: 'memory-peak',
    title: 'memory of the process while 50 run at once',
    unit: 'MB',
    run: async ({ codeMode }) => {
      let peak = 0
      const timer = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage.rss())
      }, 2)
      for (let round = 0; round < 5; round++) {
        await Promise.all(Array.from({ length: 50 }, () => time(codeMode, 'return 1 + 1')))
      }
      clearInterval(timer)
      return spreadOf([peak / 1e6])
    },
  },
  // Last: what they leave in the heaps of the process stays there.
  program('value-1kB', 'a 1 kB value in and out', 'return await tools.echo({ text: "x".repeat(1000) })', 60, true),
  program('value-1MB-text', '1 MB of text in and out', 'return await tools.text()', 20, true),
  program('value-1MB-rows', '1 MB of rows in and out', 'return await tools.rows()', 15, true),
  program(
    'value-1MB-graph',
    '1 MB of rows and a Map, in and out',
    'return new Map([["rows", await tools.rows()]])',
    8,
    true,
  ),
]
