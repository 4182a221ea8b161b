import { setTimeout as delay } from 'node:timers/promises'
import { type CodeMode, createCodeMode, type Sandbox } from '@glovebox/core'
import { childProcesses, peakMegabytes } from './processes.ts'
import { type Spread, spreadOf } from './stats.ts'

export type Unit = 'ms' | 'MB' | '×'

/** One measurement of a sandbox. */
export interface Measure {
  readonly id: string
  readonly title: string
  readonly unit: Unit
  /** Returns whether the sandbox supports the measurement. Default: true. */
  applies?(sandbox: Sandbox): boolean
  run(context: Context): Promise<Spread>
}

export interface Context {
  readonly sandbox: Sandbox
  readonly codeMode: CodeMode
  /** Controls when calls of `tools.gate` return. */
  readonly gate: Gate
  /** Factor for the number of repetitions: 1 for full results, less for quick ones. */
  readonly effort: number
}

/** Blocks calls until it is opened. */
class Gate {
  #opened = Promise.withResolvers<void>()
  waiting = 0

  readonly pass = async (): Promise<void> => {
    this.waiting++
    await this.#opened.promise
  }

  open(): void {
    this.#opened.resolve()
    this.#opened = Promise.withResolvers()
    this.waiting = 0
  }
}

/** Number of runs before measuring, so that the JIT compilers of the host and its threads have finished optimizing. */
const WARM_UP_ROUNDS = 1_000
/** Pause in ms in which an idle sandbox prepares a guest. */
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
  const gate = new Gate()
  await using codeMode = await createCodeMode({
    sandbox,
    tools: {
      echo: (input: unknown) => input,
      text: () => megabyte,
      rows: () => rows,
      wait: () => delay(20),
      waitLong: () => delay(2_000),
      gate: gate.pass,
    },
  })
  for (let round = 0; round < WARM_UP_ROUNDS * effort; round++) await time(codeMode, 'return 1')
  return await use({ sandbox, codeMode, gate, effort })
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

const atOnce = (count: number, codeMode: CodeMode, code: string): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, () => time(codeMode, code)))

/** Measures the recovery of 20 guests. Starts 40, because two processes share them. */
async function recover(codeMode: CodeMode, gate: Gate): Promise<number> {
  const running = atOnce(40, codeMode, 'for (let i = 0; i < 5; i++) await tools.echo({ i }); await tools.gate()')
  while (gate.waiting < 40) await delay(5)
  const [victim] = childProcesses()
  const started = performance.now()
  process.kill(victim as number, 'SIGKILL')
  gate.open()
  await running
  const took = performance.now() - started
  // Wait until another process has started.
  await delay(500)
  return took
}

/** Memory limit with which an engine collects garbage about as rarely as Node. */
const ROOM_BYTES = 256 * 1024 * 1024

/** Arithmetic, objects, strings and sorting. Takes some tenths of a second on V8. */
const COMPUTING = `
  const fibonacci = (n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2))
  let sum = fibonacci(30)
  const rows = Array.from({ length: 100_000 }, (_, i) => ({ id: i, name: 'item ' + ((i * 7919) % 1000), price: (i * 31) % 997 }))
  const groups = new Map()
  for (const row of rows) groups.set(row.name, (groups.get(row.name) ?? 0) + row.price)
  rows.sort((a, b) => a.price - b.price || a.id - b.id)
  for (let i = 0; i < 5; i++) sum += JSON.parse(JSON.stringify(rows)).length
  for (const [name, total] of groups) if (/7+$/.test(name)) sum += total
  return sum`

const sequential = (calls: number) =>
  `let sum = 0; for (let i = 0; i < ${calls}; i++) sum += (await tools.echo({ i })).i; return sum`
const parallel = (calls: number) =>
  `return (await Promise.all(Array.from({ length: ${calls} }, (_, i) => tools.echo({ i })))).length`

export const MEASURES: readonly Measure[] = [
  program('fresh-ready', 'run with a prepared guest', 'return 1 + 1', 200, true),
  program('fresh-back-to-back', 'runs in immediate succession', 'return 1 + 1', 300, false),
  program('calls-1', '1 tool call', sequential(1), 60, true),
  program('calls-10', '10 tool calls in sequence', sequential(10), 60, true),
  program('calls-100', '100 tool calls in sequence', sequential(100), 40, true),
  program('calls-100-parallel', '100 parallel tool calls', parallel(100), 40, true),
  program(
    'calls-10-waiting',
    '10 parallel tool calls of 20 ms each',
    'await Promise.all(Array.from({ length: 10 }, () => tools.wait()))',
    20,
    true,
  ),
  {
    id: 'runs-50',
    title: '50 concurrent runs',
    unit: 'ms',
    run: async ({ codeMode, effort }) => {
      const samples: number[] = []
      for (let round = 0; round < Math.max(3, 12 * effort); round++) {
        await delay(IDLE_MS * 2)
        const started = performance.now()
        await atOnce(50, codeMode, 'return 1 + 1')
        samples.push(performance.now() - started)
      }
      return spreadOf(samples)
    },
  },
  {
    id: 'memory-peak',
    title: 'memory of all processes during 50 concurrent runs',
    unit: 'MB',
    run: async ({ codeMode }) => {
      const peak = await peakMegabytes(async () => {
        for (let round = 0; round < 5; round++) await atOnce(50, codeMode, 'return 1 + 1')
      })
      return spreadOf([peak])
    },
  },
  {
    id: 'waiting-200',
    title: '200 concurrent runs that wait 2 s',
    unit: 'ms',
    run: async ({ codeMode, effort }) => {
      const samples: number[] = []
      for (let round = 0; round < Math.max(2, 5 * effort); round++) {
        const started = performance.now()
        await atOnce(200, codeMode, 'await tools.waitLong()')
        samples.push(performance.now() - started)
      }
      return spreadOf(samples)
    },
  },
  {
    id: 'waiting-200-memory',
    title: 'memory of all processes during these 200 runs',
    unit: 'MB',
    run: async ({ codeMode }) => spreadOf([await peakMegabytes(() => atOnce(200, codeMode, 'await tools.waitLong()'))]),
  },
  {
    id: 'recovery',
    title: 'recovery of 20 guests after the loss of their process',
    unit: 'ms',
    applies: ({ guarantees }) => guarantees.boundary === 'process' && process.platform === 'linux',
    run: async ({ codeMode, gate, effort }) => {
      const samples: number[] = []
      for (let round = 0; round < Math.max(3, 10 * effort); round++) samples.push(await recover(codeMode, gate))
      return spreadOf(samples)
    },
  },
  {
    id: 'computing',
    title: 'computation with enough memory, compared with Node',
    unit: '×',
    run: async ({ sandbox, effort }) => {
      await using codeMode = await createCodeMode({ sandbox, tools: {}, limits: { memoryBytes: ROOM_BYTES } })
      const plain = new Function(COMPUTING) as () => number
      const samples: number[] = []
      for (let round = 0; round < Math.max(3, 10 * effort); round++) {
        const started = performance.now()
        plain()
        const alone = performance.now() - started
        samples.push((await time(codeMode, COMPUTING)) / alone)
      }
      return spreadOf(samples)
    },
  },
  // These run last, because they enlarge the heap of the process permanently.
  program(
    'value-1kB',
    'a 1 kB value as input and output',
    'return await tools.echo({ text: "x".repeat(1000) })',
    60,
    true,
  ),
  program('value-1MB-text', '1 MB of text as output and result', 'return await tools.text()', 20, true),
  program('value-1MB-rows', '1 MB of rows as output and result', 'return await tools.rows()', 15, true),
  program(
    'value-1MB-graph',
    '1 MB of rows as output, in a Map as result',
    'return new Map([["rows", await tools.rows()]])',
    8,
    true,
  ),
]
