import { setTimeout as delay } from 'node:timers/promises'
import type { Engine, Tools } from './driver.ts'

/** About 110 bytes of JSON each. */
const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, id) => ({
    id,
    name: `item ${id}`,
    tags: ['a', 'b'],
    price: id * 1.5,
    nested: { x: id, y: null },
  }))

/** Tools of every engine. */
export const TOOLS: Tools = {
  echo: (input) => input,
  rows: (input) => rowsOf((input as { count: number }).count),
  wait: () => delay(20),
  waitLong: () => delay(2_000),
}

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

const TRIVIAL = 'return 1 + 1'
/** A text of 150 characters makes a message of about 200 bytes. */
const calls = (count: number) => `for (let i = 0; i < ${count}; i++) await tools.echo({ i, text: 'x'.repeat(150) })`
const rows = (count: number) =>
  `const rows = await tools.rows({ count: ${count} }); await tools.echo({ rows }); return rows`

type Unit = 'ms' | 'µs' | '×'

/** Measurement of one engine in one round. Returns samples in the unit of the row. */
export interface Row {
  readonly id: string
  readonly title: string
  readonly unit: Unit
  measure(engine: Engine): Promise<number[]>
}

async function time(engine: Engine, body: string): Promise<number> {
  const started = performance.now()
  await engine.run(body)
  return performance.now() - started
}

async function repeat(count: number, sample: () => Promise<number>): Promise<number[]> {
  const samples: number[] = []
  for (let index = 0; index < count; index++) samples.push(await sample())
  return samples
}

const atOnce = (engine: Engine, count: number, body: string): Promise<number[]> =>
  Promise.all(Array.from({ length: count }, () => time(engine, body)))

/** Time in ms in which an idle engine prepares a sandbox. */
const IDLE_MS = 25

async function timeReady(engine: Engine, body: string): Promise<number> {
  await delay(IDLE_MS)
  return await time(engine, body)
}

/** Cost of one call in µs, in a program that makes `count` of them. */
async function perCall(engine: Engine, count: number, timed: typeof time = time): Promise<number> {
  const alone = await timed(engine, TRIVIAL)
  return ((await timed(engine, calls(count))) - alone) * (1_000 / count)
}

const value = (id: string, title: string, count: number): Row => ({
  id,
  title,
  unit: 'ms',
  measure: (engine) => repeat(3, () => time(engine, rows(count))),
})

export const ROWS: readonly Row[] = [
  {
    id: 'call',
    title: 'one tool call, of 100 in sequence',
    unit: 'µs',
    measure: (engine) => repeat(5, () => perCall(engine, 100)),
  },
  {
    id: 'ready',
    title: 'trivial program, engine idle before',
    unit: 'ms',
    measure: (engine) => repeat(8, () => timeReady(engine, TRIVIAL)),
  },
  {
    id: 'in-a-row',
    title: 'trivial programs in a row',
    unit: 'ms',
    measure: (engine) => repeat(20, () => time(engine, TRIVIAL)),
  },
  {
    id: 'parallel-calls',
    title: '100 tool calls at once',
    unit: 'ms',
    measure: (engine) =>
      repeat(4, () =>
        time(engine, 'await Promise.all(Array.from({ length: 100 }, (_, i) => tools.echo({ i }))); return 1'),
      ),
  },
  {
    id: 'waiting-calls',
    title: '10 tool calls of 20 ms at once',
    unit: 'ms',
    measure: (engine) =>
      repeat(2, () => time(engine, 'await Promise.all(Array.from({ length: 10 }, () => tools.wait({}))); return 1')),
  },
  {
    id: 'burst',
    title: '50 programs at once',
    unit: 'ms',
    measure: async (engine) => {
      await delay(IDLE_MS * 2)
      return [Math.max(...(await atOnce(engine, 50, TRIVIAL)))]
    },
  },
  value('value-1kB', '1 kB of rows out of a tool, into one, and as result', 9),
  value('value-100kB', '100 kB of rows, the same', 900),
  value('value-1MB', '1 MB of rows, the same', 9_000),
  {
    id: 'compute',
    title: 'computing, as a multiple of plain Node',
    unit: '×',
    measure: async (engine) => {
      const plain = new Function(COMPUTING)
      const started = performance.now()
      plain()
      const alone = performance.now() - started
      return [(await time(engine, COMPUTING)) / alone]
    },
  },
]

/** Latencies in ms of programs that each wait 20 ms for a tool, and programs per second. */
export interface Load {
  readonly latencies: readonly number[]
  readonly perSecond: number
}

/** Keeps `concurrency` programs running until `total` have ended. */
export async function load(engine: Engine, concurrency: number, total: number): Promise<Load> {
  const latencies: number[] = []
  let left = total
  const started = performance.now()
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) latencies.push(await time(engine, 'await tools.wait({}); return 1'))
    }),
  )
  return { latencies, perSecond: (total * 1_000) / (performance.now() - started) }
}

/** Mean time in ms of each block of programs in a row, until all are done or `boxMs` have passed. */
export async function inBlocks(engine: Engine, blocks: number, size: number, boxMs: number): Promise<number[]> {
  const means: number[] = []
  const started = performance.now()
  while (means.length < blocks && performance.now() - started < boxMs) {
    const block = performance.now()
    for (let index = 0; index < size; index++) await engine.run(TRIVIAL)
    means.push((performance.now() - block) / size)
  }
  return means
}

/** Cost of one call in µs, in a program that makes `count` of them. A sandbox is ready before each program. */
export const callsOf = (engine: Engine, count: number): Promise<number[]> =>
  repeat(9, () => perCall(engine, count, timeReady))

/** Programs that are written to freeze, exhaust or end their host. */
export const HOSTILE: { readonly [title: string]: string } = {
  'endless loop': 'for (;;) {}',
  'endless loop after a call': 'await tools.echo(1); for (;;) {}',
  'endless chain of promises': 'for (;;) await 0',
  'promise that never settles': 'await new Promise(() => {})',
  'built-in that does not return': 'return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  'map without end': 'const map = new Map(); for (let i = 0; ; i++) map.set(i, [i])',
  'array of a billion': 'return new Array(1e9).fill(0).length',
  'buffers without end': 'const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1))',
}
