import assert from 'node:assert/strict'
import { defineTool, type ExecuteResult } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase, TestContext } from '../case.ts'
import { keepsHostFree } from '../host-cpu.ts'
import { sharedValues } from './shared-values.ts'

/** Limit for logs in bytes. An entry without text counts as one byte. */
const LOG_BYTES = 50_000

const flood = (id: string, protects: string, run: (context: TestContext) => Promise<void>): ConformanceCase => ({
  id: `host-floods.${id}`,
  protects,
  run: (context) => keepsHostFree(context.sandbox, () => run(context)),
})

/** Asserts that the program returned or ended at a limit. */
function boundedOrReturned(result: ExecuteResult): void {
  if (!result.ok) assert.match(result.error.code, /^LIMIT_/, JSON.stringify(result.error).slice(0, 300))
}

/** Programs that log excessively. Their logs must stay within the limit. */
const LOGS: readonly (readonly [id: string, code: string])[] = [
  ['empty', 'for (let i = 0; i < 100_000; i++) console.log(""); return 1'],
  ['placeholders', 'console.log("%s".repeat(50_000), ...Array(50_000).fill("text")); return 1'],
  [
    'nested-placeholders',
    'const a = Array(100).fill(Array(100).fill({ a: 1 })); console.log("%o%O%j".repeat(30), ...Array(90).fill(a)); return 1',
  ],
  [
    'groups',
    'for (let i = 0; i < 20_000; i++) console.group(); for (let i = 0; i < 1_000; i++) console.log("x"); return 1',
  ],
  [
    'labels',
    'for (let i = 0; i < 50_000; i++) { console.count("label " + i); console.time("t" + i); console.timeEnd("t" + i) } return 1',
  ],
  [
    'wide-table',
    'console.table([Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => ["column" + i, i]))]); return 1',
  ],
  ['surrogates', 'for (let i = 0; i < 200; i++) console.log("\\ud800".repeat(10_000)); return 1'],
]

/** Very large errors. */
const ERRORS: readonly (readonly [id: string, thrown: string])[] = [
  ['message', 'new Error("x".repeat(3e6))'],
  ['name', 'Object.assign(new Error("m"), { name: "N".repeat(3e6) })'],
  ['stack', 'Object.assign(new Error("m"), { stack: "at f (program.js:1:1)\\n".repeat(1e5) })'],
  ['array', 'Array(2e5).fill("text")'],
  ['text', '"x".repeat(3e6)'],
  ['getter', '({ get a() { return "x".repeat(3e6) }, get b() { throw 1 } })'],
  ['aggregate', 'new AggregateError(Array.from({ length: 2_000 }, () => new Error("x".repeat(1_000))))'],
]

/** Results whose encoding is larger than their size on the heap. */
const SWELLING: readonly (readonly [id: string, expression: string])[] = [
  ['surrogates', '"\\ud800".repeat(1e6)'],
  ['control-characters', '"\\u0000".repeat(1e6)'],
  ['holes', 'Array.from({ length: 10 }, () => { const a = []; a.length = 100_000; return a })'],
  [
    'getters',
    'Object.defineProperties({}, Object.fromEntries(Array.from({ length: 10 }, (_, i) => ["k" + i, { enumerable: true, get: () => "x".repeat(1e6) }])))',
  ],
  ['bytes', 'new Uint8Array(3_200_000)'],
]

export const hostFloods: readonly ConformanceCase[] = [
  ...sharedValues,
  ...LOGS.map(([id, code]) =>
    flood(`logs-${id}`, 'logs never exceed their limit', async ({ run }) => {
      const result = await run(code, { limits: { cpuTimeMs: 1_500, logBytes: LOG_BYTES } })
      boundedOrReturned(result)
      assert.ok(result.logs.length <= LOG_BYTES + 1, `${result.logs.length} entries`)
      const length = result.logs.reduce((sum, { text }) => sum + text.length, 0)
      assert.ok(length < LOG_BYTES + 1_000, `${length} characters`)
    }),
  ),
  ...ERRORS.map(([id, thrown]) =>
    flood(`errors-${id}`, 'a huge error is truncated in the guest or at the host', async ({ run }) => {
      const result = await run(`throw ${thrown}`)
      assert.ok(!result.ok && /^(?:CODE_THREW|LIMIT_)/.test(result.error.code), JSON.stringify(result).slice(0, 300))
      assert.ok(JSON.stringify(result.error).length < 60_000)
    }),
  ),
  ...SWELLING.map(([id, expression]) =>
    flood(`swelling-${id}`, 'the result limit applies to the encoded size', async ({ run }) => {
      const result = await run(`return ${expression}`)
      assert.ok(
        !result.ok && /^LIMIT_(?:RESULT_SIZE|MEMORY)$/.test(result.error.code),
        JSON.stringify(result).slice(0, 300),
      )
    }),
  ),
  flood('full-inputs', 'dozens of inputs of maximum size in one turn end at a limit', async ({ run }) => {
    let made = 0
    const code = 'const big = "x".repeat(900_000); await Promise.all(Array.from({ length: 60 }, () => tools.take(big)))'
    const limits = { messageBytes: 1_000_000, resultBytes: 1_000_000, logBytes: 10_000 }
    const result = await run(code, { tools: { take: () => ++made }, limits })
    assert.ok(!result.ok && result.error.code.startsWith('LIMIT_'), JSON.stringify(result).slice(0, 300))
    assert.ok(made <= 10, `${made} calls were made`)
  }),
  flood(
    'open-calls',
    'calls that never settle stay within the concurrency limit and are cancelled when the program ends',
    async ({ run }) => {
      let open = 0
      const never = () => {
        open++
        return new Promise(() => {})
      }
      const code =
        'for (let i = 0; i < 900; i++) tools.never({ i }).catch(() => {}); await new Promise((r) => setTimeout(r, 20)); return 1'
      const result = await run(code, { tools: { never } })
      returned(result, 1)
      assert.equal(result.calls.filter(({ outcome }) => outcome === 'cancelled').length, 900)
      assert.ok(open <= 32, `${open} at once`)
    },
  ),
  flood('settle-storm', 'hundreds of concurrent calls are each made once and answered once', async ({ run }) => {
    const seen: number[] = []
    const tools = {
      take: ({ i }: { i: number }) => {
        seen.push(i)
        if (i % 2 === 1) throw new Error(`odd ${i}`)
        return i
      },
    }
    const code = `const all = await Promise.allSettled(Array.from({ length: 500 }, (_, i) => tools.take({ i })))
      return [all.length, all.every((one, i) => (one.value ?? one.reason.message) === (i % 2 ? 'odd ' + i : i))]`
    returned(await run(code, { tools, limits: { cpuTimeMs: 20_000 } }), [500, true])
    assert.deepEqual(
      seen,
      Array.from({ length: 500 }, (_, index) => index),
    )
  }),
  flood('wake-storm', 'hundreds of timers with different delays all fire', async ({ run }) => {
    const code = `let n = 0
      for (let i = 0; i < 300; i++) setTimeout(() => n++, i % 40)
      await new Promise((r) => setTimeout(r, 60)); return n`
    returned(await run(code, { limits: { cpuTimeMs: 20_000 } }), 300)
  }),
  flood('interval-storm', 'intervals without delay do not block the host and end at a limit', async ({ run }) => {
    const code = 'for (let i = 0; i < 50; i++) setInterval(() => {}, 0); await new Promise(() => {})'
    const result = await run(code, { limits: { wallTimeMs: 500 } })
    assert.ok(!result.ok && /^LIMIT_(?:WALL_TIME|CPU)$/.test(result.error.code), JSON.stringify(result))
  }),
  flood('rejections', 'thousands of unhandled rejections do not burden the host', async ({ run }) => {
    const code =
      'for (let i = 0; i < 5_000; i++) Promise.reject(new Error("x".repeat(1_000) + i)); await null; return 1'
    returned(await run(code, { limits: { cpuTimeMs: 20_000 } }), 1)
  }),
  flood('deep-result', "a result nested 12,000 levels deep does not overflow the host's stack", async ({ run }) => {
    const code = `let a = 'end'
      for (let i = 0; i < 3_000; i++) a = [{ key: new Map([['m', new Error('', { cause: a })]]) }]
      return a`
    const result = await run(code, { limits: { cpuTimeMs: 20_000 } })
    assert.ok(result.ok, JSON.stringify(result).slice(0, 300))
    type Level = readonly [{ readonly key: ReadonlyMap<string, Error> }]
    let at = result.value as Level | string
    let depth = 0
    for (; typeof at !== 'string'; depth++) at = at[0].key.get('m')?.cause as Level | string
    assert.deepEqual([at, depth], ['end', 3_000])
  }),
  flood('sparse-keys', 'object keys that are large integers do not make the host allocate arrays', async ({ run }) => {
    const code = `const all = {}
      for (let i = 0; i < 50_000; i++) all[4_294_967_294 - i * 85_000] = 1
      return Object.keys(await tools.count(all)).length`
    const count = (input: object) =>
      Object.fromEntries(
        Object.keys(input)
          .slice(0, 7)
          .map((key) => [key, 1]),
      )
    returned(await run(code, { tools: { count }, limits: { cpuTimeMs: 20_000 } }), 7)
  }),
  flood('extra-properties', 'the description of the problems of an input has a bounded length', async ({ run }) => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }
    const take = defineTool({ inputSchema: schema, execute: () => 1 })
    const code = `const input = {}; for (let i = 0; i < 20_000; i++) input['a rather long name of a property ' + i] = i
      return await tools.take(input).catch((error) => [error.code, error.message.length < 20_000])`
    returned(await run(code, { tools: { take } }), ['TOOL_INPUT_INVALID', true])
  }),
  flood(
    'chatty-events',
    'thousands of logs and calls in one turn are all reported as events without blocking the host',
    async ({ run }) => {
      const code = `const calls = []
      for (let i = 0; i < 900; i++) { calls.push(tools.step({ i })); for (let n = 0; n < 20; n++) console.log(i) }
      return (await Promise.all(calls)).length`
      const events = { log: 0, 'tool-call-start': 0, 'tool-call-end': 0 }
      const result = await run(code, {
        tools: { step: () => 1 },
        limits: { cpuTimeMs: 20_000 },
        onEvent: ({ type }) => {
          events[type]++
        },
      })
      returned(result, 900)
      assert.deepEqual(events, { log: 18_000, 'tool-call-start': 900, 'tool-call-end': 900 })
    },
  ),
  flood('code-size', 'a program of several megabytes is rejected before it is parsed', async ({ run }) => {
    failed(await run(`return 1 // ${'x'.repeat(20_000_000)}`), 'LIMIT_CODE_SIZE')
    failed(await run(`return "${'\u{1f600}'.repeat(70_000)}"`), 'LIMIT_CODE_SIZE')
  }),
]
