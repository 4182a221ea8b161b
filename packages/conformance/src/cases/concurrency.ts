import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { createCodeMode } from '@glovebox/core'
import { returned } from '../assert.ts'
import type { ConformanceCase, TestContext } from '../case.ts'
import { tamperWith } from '../tampering.ts'
import { ENDLESS, MEMORY, WILD } from './floods.ts'

/**
 * A program that calls tools until one returns false. Returns the number of calls and whether its seed stayed the same.
 */
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
  /** Number of calls of `next`, by program and number of answers so far. */
  readonly calls: Map<string, number>
  /**
   * Lets the programs end and checks their results.
   *
   * @throws if a result is wrong
   */
  finish(): Promise<void>
}

/** Starts well-behaved programs that run while other programs misbehave. */
export function keepPeaceful({ run }: Pick<TestContext, 'run'>, count: number): Peaceful {
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
      run(`const id = ${id}${WELL_BEHAVED}`, { tools, limits: { wallTimeMs: 300_000, toolCalls: 10_000 } }),
    ),
  )
  // A rejection is reported by `finish()`.
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

/**
 * Runs every `step`th program that is known to break engines, four at a time.
 *
 * @param isChosen tells by its id whether a program is run. Default: all are
 */
export async function runHostile(
  { run }: Pick<TestContext, 'run'>,
  step = 1,
  isChosen: (id: string) => boolean = () => true,
): Promise<void> {
  const programs = [...ENDLESS, ...MEMORY, ...WILD]
    .filter(([id], index) => index % step === 0 && isChosen(id))
    .map(([, code]) => code)
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

/** Floods that the memory limit does not stop. */
const FLOODS = [
  'for (let i = 0; i < 20_000; i++) console.log("x".repeat(50))',
  'for (let i = 0; i < 500; i++) tools.step({ text: "x".repeat(1_000) }); await null; return 1',
  'await Promise.all(Array.from({ length: 500 }, (_, i) => tools.step({ i })))',
  'for (let i = 0; i < 200; i++) setTimeout(() => {}, i % 10); await new Promise((r) => setTimeout(r, 10))',
  'for (let i = 0; i < 2_000; i++) Promise.reject(new Error("x".repeat(100))); return "x".repeat(3e6)',
  'throw new Error("x".repeat(1e6))',
] as const

/** Messages from compromised guests, sent while other guests run on the same adapter. */
const FORGED = [
  'post("not json")',
  `for (let i = 1; i < 500; i++) post('{"type":"call","id":' + i + ',"tool":"tools.next"}\\nj{"id":0,"answered":0,"seed":0}')`,
  `post('{"type":"wake","at":0}')`,
  `post('{"type":"returned","now":1,"id":1}\\nj"forged"')`,
  'throw new Error("x")',
  `for (let i = 0; i < 20_000; i++) post('{"type":"log","level":"log","text":"x"}')`,
] as const

/** Returns a function that resolves once it has been called `count` times, so that all callers run at the same time. */
function gate(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let arrived = 0
  return () => {
    if (++arrived === count) resolve()
    return promise
  }
}

export const concurrency: readonly ConformanceCase[] = [
  {
    id: 'concurrency.many',
    protects: 'fifty concurrent programs all end, each with its own value',
    run: async ({ run }) => {
      const tools = { echo: (input: unknown) => input }
      // If an adapter measures wall time instead of CPU time, time spent waiting for a core counts too.
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
      'twelve programs with pending calls all end with the right value, and each call is made once, while hostile programs run concurrently',
    needs: { isolatesCrashes: true },
    run: async (context) => {
      const peaceful = keepPeaceful(context, 12)
      await runHostile(context, 6)
      await peaceful.finish()
    },
  },
  {
    id: 'concurrency.floods',
    protects:
      'programs with pending calls keep their values and call counts while others flood the host with logs, calls and timers',
    run: async (context) => {
      const peaceful = keepPeaceful(context, 3)
      const limits = { wallTimeMs: 60_000, logBytes: 100_000 }
      for (const code of FLOODS) {
        await Promise.all([1, 2].map(() => context.run(code, { tools: { step: () => 1 }, limits })))
      }
      await peaceful.finish()
    },
  },
  {
    id: 'concurrency.taken-over',
    protects: 'a compromised guest cannot settle calls or receive messages of other guests on the same adapter',
    tampers: true,
    run: async ({ open }) => {
      const sandbox = await open()
      const tampered = tamperWith(sandbox)
      const runOn =
        (where: typeof sandbox): TestContext['run'] =>
        async (code, { tools = {}, limits = {} } = {}) => {
          await using codeMode = await createCodeMode({ sandbox: where, tools, limits })
          return await codeMode.execute(code)
        }
      try {
        const peaceful = keepPeaceful({ run: runOn(sandbox) }, 3)
        let stolen = 0
        const attack = runOn(tampered)
        const attacks = FORGED.map((code) =>
          attack(code, { tools: { next: () => ++stolen }, limits: { wallTimeMs: 1_000 } }),
        )
        for (const result of await Promise.all(attacks)) assert.ok(!result.ok, JSON.stringify(result).slice(0, 300))
        await peaceful.finish()
      } finally {
        await sandbox.close()
        await tampered.close()
      }
    },
  },
  {
    id: 'concurrency.intrinsics',
    protects: 'a guest that overwrites every built-in does not affect concurrent or later guests',
    run: async ({ run }) => {
      const arrive = gate(4)
      const tools = { arrive }
      const spoil = `for (const C of [Array, Map, Promise, Object, String, Number, Error]) for (const k of Object.getOwnPropertyNames(C.prototype)) if (k !== 'constructor' && k !== '__proto__') try { C.prototype[k] = () => 'forged' } catch {}
        globalThis.mark = 'spoiled'; JSON.stringify = Math.max = () => 'forged'`
      const check = `await tools.arrive(); return [typeof mark, [1, 2].map((x) => x * 2), new Map([[1, 2]]).get(1), JSON.stringify({ a: 1 }), Math.max(1, 2), 'ab'.slice(1)]`
      const value = ['undefined', [2, 4], 2, '{"a":1}', 2, 'b']
      const all = await Promise.all([
        ...[1, 2].map(() => run(`${spoil}; await tools.arrive(); return 1`, { tools })),
        ...[1, 2].map(() => run(check, { tools })),
      ])
      for (const result of all.slice(2)) returned(result, value)
      returned(await run(check, { tools }), value)
    },
  },
  {
    id: 'concurrency.numbers',
    protects: 'calls with the same number in different guests are each answered to their own guest, in any order',
    run: async ({ run }) => {
      // A Cloudflare Worker loads at most four guests at a time.
      const count = 4
      const arrive = gate(count)
      const results = await Promise.all(
        Array.from({ length: count }, (_, guest) =>
          run(
            `await tools.arrive(); return await Promise.all(Array.from({ length: 20 }, (_, i) => tools.take({ i })))`,
            {
              tools: {
                arrive,
                take: async ({ i }: { i: number }) => {
                  await delay((i * 7 + guest * 3) % 11)
                  return `${guest}: ${i}`
                },
              },
            },
          ),
        ),
      )
      for (const [guest, result] of results.entries()) {
        returned(
          result,
          Array.from({ length: 20 }, (_, index) => `${guest}: ${index}`),
        )
      }
    },
  },
  {
    id: 'concurrency.outputs-are-copies',
    protects: 'each guest receives its own copy of a shared output, and the tool keeps its original',
    run: async ({ run }) => {
      const output = { list: [1, 2], map: new Map([['a', 1]]), bytes: new Uint8Array([1, 2]) }
      const arrive = gate(4)
      const code = `const got = await tools.get(); await tools.arrive()
        const before = [got.list.length, got.map.size, got.bytes[0]]
        got.list.push(3); got.map.set('b', 2); got.bytes[0] = 9; got.more = 1
        const again = await tools.get(); return [...before, again.list.length, again.map.size, again.bytes[0], again.more]`
      const tools = { get: () => output, arrive }
      const results = await Promise.all(Array.from({ length: 4 }, () => run(code, { tools })))
      for (const result of results) returned(result, [2, 1, 1, 2, 1, 1, undefined])
      assert.deepEqual(output, { list: [1, 2], map: new Map([['a', 1]]), bytes: new Uint8Array([1, 2]) })
    },
  },
  {
    id: 'concurrency.inputs-are-copies',
    protects:
      'an input that a tool keeps does not change when the guest that sent it, or one that receives it, changes its copy',
    run: async ({ run }) => {
      const kept: { list: number[] }[] = []
      const tools = {
        keep: (input: { list: number[] }) => {
          kept.push(input)
        },
        kept: () => kept,
      }
      const code = `const input = { list: [1] }; await tools.keep(input); input.list.push(2)
        const all = await tools.kept(); all[0].list.push(3); return (await tools.kept())[0].list`
      returned(await run(code, { tools }), [1])
      returned(await run('return (await tools.kept())[0].list', { tools }), [1])
      assert.deepEqual(kept, [{ list: [1] }])
    },
  },
  {
    id: 'concurrency.aborts',
    protects: 'aborting a program in the middle of a call does not affect calls, logs or time of other programs',
    run: async (context) => {
      const peaceful = keepPeaceful(context, 3)
      for (let round = 0; round < 8; round++) {
        const controller = new AbortController()
        const reason = new Error(`round ${round}`)
        const begun = Promise.withResolvers<void>()
        const tools = {
          hang: () => {
            begun.resolve()
            return new Promise(() => {})
          },
        }
        const running = context.run('console.log("x"); await tools.hang()', { tools, signal: controller.signal })
        await begun.promise
        controller.abort(reason)
        await assert.rejects(running, (error) => error === reason)
      }
      await peaceful.finish()
    },
  },
]
