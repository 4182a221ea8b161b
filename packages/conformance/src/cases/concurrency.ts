import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { returned } from '../assert.ts'
import type { Bench, ConformanceCase } from '../case.ts'
import { ENDLESS, MEMORY, WILD } from './floods.ts'

/** In the middle of its calls all the time; its value tells how many were answered, and what its randomness was. */
const WELL_BEHAVED = `
const seed = Math.random()
let answered = 0
while (await tools.next({ id, answered, seed })) {
  answered++
  if (answered % 3 === 0) await new Promise((r) => setTimeout(r, 10))
}
console.log('done', answered)
return { answered, isSteady: seed === (await tools.seed({ id })) }`

interface Peaceful {
  /** How often the tool was called for each program and number of answers. */
  readonly calls: Map<string, number>
  /** Lets the programs end. @throws if one came to another value than it should */
  finish(): Promise<void>
}

/** Starts programs that do nothing wrong, for as long as others misbehave beside them. */
export function keepPeaceful({ run }: Pick<Bench, 'run'>, count: number): Peaceful {
  const calls = new Map<string, number>()
  const seeds = new Map<number, number>()
  let isOver = false
  const tools = {
    next: async ({ id, answered, seed }: { id: number; answered: number; seed: number }) => {
      seeds.set(id, seed)
      const key = `${id}: ${answered}`
      calls.set(key, (calls.get(key) ?? 0) + 1)
      await delay(120 + ((id * 17) % 200))
      return !isOver
    },
    seed: ({ id }: { id: number }) => seeds.get(id),
  }
  const running = Promise.all(
    Array.from({ length: count }, (_, id) =>
      run(`const id = ${id}${WELL_BEHAVED}`, { tools, limits: { wallTimeMs: 300_000, hostCalls: 10_000 } }),
    ),
  )
  // Whoever finishes meets it again.
  running.catch(() => {})
  return {
    calls,
    finish: async () => {
      isOver = true
      for (const [id, result] of (await running).entries()) {
        const answered = [...calls.keys()].filter((key) => key.startsWith(`${id}: `)).length - 1
        returned(result, { answered, isSteady: true })
        assert.deepEqual(
          result.logs.map(({ text }) => text),
          [`done ${answered}`],
        )
        assert.equal(result.calls.length, answered + 2)
      }
      assert.deepEqual(
        [...calls].filter(([, times]) => times !== 1),
        [],
      )
    },
  }
}

/** Runs the programs that are known to break engines, or each so-manieth of them, a few at a time. */
export async function runHostile({ run }: Pick<Bench, 'run'>, step = 1): Promise<void> {
  const programs = [...ENDLESS, ...MEMORY, ...WILD].map(([, code]) => code).filter((_, index) => index % step === 0)
  const worker = async () => {
    for (let code = programs.pop(); code !== undefined; code = programs.pop()) {
      const result = await run(code, {
        tools: { step: () => 1 },
        limits: { cpuTimeMs: 200, wallTimeMs: 60_000, memoryBytes: 32 * 1024 * 1024 },
      })
      assert.ok(
        !result.ok && result.error.code !== 'SANDBOX_CRASHED',
        `${code}: ${JSON.stringify(result).slice(0, 300)}`,
      )
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

export const concurrency: readonly ConformanceCase[] = [
  {
    id: 'concurrency.many',
    protects: 'fifty programs at once all end, each with its own value',
    run: async ({ run }) => {
      const tools = { echo: (input: unknown) => input }
      // Where a program's time is the clock's, it counts while others have the processor.
      const limits = { cpuTimeMs: 60_000 }
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, i) => run(`return await tools.echo(${i})`, { tools, limits })),
      )
      for (const [i, result] of results.entries()) returned(result, i)
    },
  },
  {
    id: 'concurrency.no-collateral',
    protects:
      'twelve programs in the middle of their calls all end with the right value, each call made once, while hostile programs run beside them',
    needs: { isolatesCrashes: true },
    run: async (bench) => {
      const peaceful = keepPeaceful(bench, 12)
      await runHostile(bench, 6)
      await peaceful.finish()
    },
  },
]
