import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutionErrorCode } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import { countBeats } from '../beats.ts'
import type { ConformanceCase } from '../case.ts'

const MB = 1024 * 1024

/** Programs that never end, and what ends them. */
export const ENDLESS: readonly (readonly [id: string, code: string, isNative?: boolean])[] = [
  ['loop', 'for (;;) {}'],
  ['loop-after-await', 'await tools.step(); for (;;) {}'],
  ['loop-after-timer', 'await new Promise((r) => setTimeout(r, 5)); for (;;) {}'],
  ['loop-in-catch', 'for (;;) { try { for (;;) {} } catch {} }'],
  ['loop-in-finally', 'try { for (;;) {} } finally { for (;;) {} }'],
  ['microtasks', 'const spin = () => Promise.resolve().then(spin); await spin()'],
  ['async-recursion', 'const spin = async () => { await null; return spin() }; await spin()'],
  ['generator', 'function* g() { for (;;) yield 1 } for (const x of g()) {}'],
  ['regexp', '/^(a+)+$/.test("a".repeat(40) + "b")'],
  ['sort', 'for (;;) Array.from({ length: 1000 }, Math.random).sort()'],
  ['after-return', 'Promise.resolve().then(function spin() { return Promise.resolve().then(spin) }); return 1'],
  ['getter', 'return { get value() { for (;;) {} } }'],
  ['to-json', 'console.log("%j", { toJSON() { for (;;) {} } })'],
  ['native-index-of', 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)', true],
  ['native-reverse', 'Array.prototype.reverse.call({ length: 2 ** 53 - 1 })', true],
  ['native-string', 'const s = "a".repeat(4e6); for (;;) s.indexOf("a".repeat(2e6) + "b")', true],
  ['native-last-index-of', 'Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)', true],
  ['native-after-await', 'await tools.step(); Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)', true],
]

export const MEMORY: readonly (readonly [id: string, code: string])[] = [
  ['arrays', 'const a = []; for (;;) a.push(new Array(1000).fill(1))'],
  ['one-array', 'const a = []; for (;;) a.push(1, 2, 3, 4, 5, 6, 7, 8)'],
  ['strings', 'const a = []; for (let i = 0; ; i++) a.push(("x" + i).repeat(10_000) + i)'],
  ['maps', 'const m = new Map(); for (let i = 0; ; i++) m.set({ i }, [i])'],
  ['sets', 'const s = new Set(); for (let i = 0; ; i++) s.add("key " + i)'],
  ['buffers', 'const a = []; for (;;) a.push(new Uint8Array(1_000_000).fill(1))'],
  ['closures', 'let f = () => 0; for (;;) { const g = f; f = () => g() }'],
  ['caught', 'const a = []; for (;;) { try { a.push(new Array(100_000).fill(1)) } catch {} }'],
  ['after-await', 'await tools.step(); const a = []; for (;;) a.push(new Array(1000).fill(1))'],
]

/** Programs that break engines, and the codes that they may end in: what gives way first is the engine's to say. */
export const WILD: readonly (readonly [id: string, code: string, codes: readonly ExecutionErrorCode[]])[] = [
  ['timer-changes', 'for (;;) clearTimeout(setTimeout(() => {}, 1))', ['LIMIT_CPU']],
  ['timer-changes-after-awaits', 'for (;;) { clearTimeout(setTimeout(() => {}, 1)); await null }', ['LIMIT_CPU']],
  ['huge-array', 'new Array(1e9).fill(0)', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  ['huge-array-from', 'Array.from({ length: 1e9 })', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  ['huge-number', '(2n ** (2n ** 29n)).toString()', ['LIMIT_MEMORY', 'LIMIT_CPU', 'CODE_THREW']],
  ['huge-join', 'const a = []; a.length = 2 ** 31; a.join()', ['LIMIT_MEMORY', 'LIMIT_CPU', 'CODE_THREW']],
  [
    'long-joins',
    'const a = Array(1e4).fill("x".repeat(1e4)); const all = []; for (;;) all.push(a.join(String(all.length)))',
    ['LIMIT_MEMORY', 'LIMIT_CPU', 'CODE_THREW'],
  ],
  [
    'number-formats',
    'const all = []; for (;;) all.push((1e21 * all.length).toLocaleString("de", { maximumFractionDigits: 20 }))',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  [
    'regular-expressions',
    'const all = []; for (let i = 0; ; i++) { const r = new RegExp(("(a|b" + i + ")*").repeat(50)); r.test("x"); all.push(r) }',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  [
    'growing-buffers',
    'const all = []; for (;;) all.push(new ArrayBuffer(8, { maxByteLength: 1e8 }))',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  ['symbols', 'const all = {}; for (let i = 0; ; i++) all[Symbol(i)] = i', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  ['promises', 'const all = []; for (;;) all.push(new Promise(() => {}))', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  ['promise-chain', 'let p = Promise.resolve(); for (;;) p = p.then(() => 1)', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  [
    'generators',
    'const all = []; for (;;) { const g = (function* () { yield new Array(100) })(); g.next(); all.push(g) }',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  ['proxies', 'let p = {}; for (;;) p = new Proxy(p, {})', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  [
    'weak-map',
    'const w = new WeakMap(); const all = []; for (;;) { const o = {}; w.set(o, new Array(100)); all.push(o) }',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  ['string-doubling', 'let s = "x"; for (;;) s += s', ['LIMIT_MEMORY', 'CODE_THREW']],
  ['deep-json', 'let a = []; for (;;) a = [a, JSON.stringify(a).length]', ['LIMIT_MEMORY', 'LIMIT_CPU', 'LIMIT_STACK']],
  [
    'errors',
    'const all = []; for (;;) all.push(new Error("x".repeat(1000) + all.length).stack)',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
]

export const limits: readonly ConformanceCase[] = [
  ...WILD.map(
    ([id, code, codes]): ConformanceCase => ({
      id: `limits.wild.${id}`,
      protects: `${id.replaceAll('-', ' ')}: the program ends with a limit, the host goes on meanwhile, and the next program runs`,
      needs: { stopsNativeLoops: true },
      run: async ({ run }) => {
        const beats = countBeats(true)
        const result = await run(code, { limits: { cpuTimeMs: 2_000, wallTimeMs: 60_000 } })
        beats()
        assert.ok(!result.ok && codes.includes(result.error.code), JSON.stringify(result).slice(0, 300))
        returned(await run('return "next"'), 'next')
      },
    }),
  ),
  ...ENDLESS.map(
    ([id, code, isNative]): ConformanceCase => ({
      id: `limits.endless.${id}`,
      protects: `${id.replaceAll('-', ' ')}: ends in LIMIT_CPU, the host goes on meanwhile, and the next program runs`,
      needs: { stopsLoops: true, ...(isNative === true ? { stopsNativeLoops: true } : {}) },
      run: async ({ run, sandbox }) => {
        const beats = countBeats(sandbox.guarantees.boundary !== 'inline')
        const result = await run(code, {
          tools: { step: () => 1 },
          limits: { cpuTimeMs: 200, wallTimeMs: 20_000, memoryBytes: 256 * MB },
        })
        beats()
        failed(result, 'LIMIT_CPU')
        returned(await run('return "next"'), 'next')
      },
    }),
  ),
  ...MEMORY.map(
    ([id, code]): ConformanceCase => ({
      id: `limits.memory.${id}`,
      protects: `a flood of ${id.replaceAll('-', ' ')} ends in LIMIT_MEMORY, and the next program runs`,
      needs: { survivesOutOfMemory: true },
      run: async ({ run }) => {
        failed(
          await run(code, { tools: { step: () => 1 }, limits: { memoryBytes: 64 * MB, cpuTimeMs: 15_000 } }),
          'LIMIT_MEMORY',
        )
        returned(await run('return "next"'), 'next')
      },
    }),
  ),
  {
    id: 'limits.stack',
    protects: 'endless recursion is an error that the program can catch, and has its code if it does not',
    run: async ({ run }) => {
      returned(await run('const f = () => f() + 1; try { f() } catch (e) { return e instanceof Error }'), true)
      failed(await run('const f = () => f() + 1; f()'), 'LIMIT_STACK')
      returned(await run('return "next"'), 'next')
    },
  },
  {
    id: 'limits.stack-deep',
    protects: 'recursion as deep as sensible programs go works',
    run: async ({ run }) =>
      returned(await run('const depth = (n) => n === 0 ? 0 : 1 + depth(n - 1); return depth(1000)'), 1000),
  },
  {
    id: 'limits.stack-native',
    protects: "recursion through built-ins does not reach the host's stack",
    run: async ({ run }) => {
      const code =
        'let a = []; for (let i = 0; i < 200_000; i++) a = [a]; try { JSON.stringify(a) } catch {} try { a.toString() } catch {} try { a.flat(Infinity) } catch {} return "survived"'
      const result = await run(code)
      if (!result.ok)
        assert.ok(
          ['LIMIT_STACK', 'LIMIT_MEMORY', 'LIMIT_CPU'].includes(result.error.code),
          JSON.stringify(result.error),
        )
      returned(await run('return "next"'), 'next')
    },
  },
  {
    id: 'limits.wall-time',
    protects: 'waiting costs wall time and is ended by it',
    run: async ({ run }) => {
      failed(
        await run('await new Promise((r) => setTimeout(r, 60_000))', { limits: { wallTimeMs: 200 } }),
        'LIMIT_WALL_TIME',
      )
    },
  },
  {
    id: 'limits.waiting-is-not-computing',
    protects: 'waiting for a tool costs no CPU time',
    run: async ({ run }) => {
      const wait = () => delay(600)
      returned(await run('await tools.wait(); return 1', { tools: { wait }, limits: { cpuTimeMs: 300 } }), 1)
    },
  },
  {
    id: 'limits.stalled',
    protects: 'a program that waits for nothing is told so at once',
    run: async ({ run }) => {
      failed(await run('await new Promise(() => {})'), 'PROGRAM_STALLED')
      failed(await run('await { then() {} }'), 'PROGRAM_STALLED')
    },
  },
  {
    id: 'limits.result-size',
    protects: 'a huge result is an error that says what to do',
    run: async ({ run }) => {
      const limitsOfResult = { resultBytes: 1_000_000, memoryBytes: 512 * MB, cpuTimeMs: 20_000 }
      const error = failed(await run('return "x".repeat(20_000_000)', { limits: limitsOfResult }), 'LIMIT_RESULT_SIZE')
      assert.match(error.message, /return less/)
    },
  },
  {
    id: 'limits.code-size',
    protects: 'a huge program is refused before anything is done with it',
    run: async ({ run }) =>
      failed(await run(`return ${'1 + '.repeat(50_000)}1`, { limits: { codeBytes: 10_000 } }), 'LIMIT_CODE_SIZE') &&
      undefined,
  },
  {
    id: 'limits.tightened',
    protects: 'an execution may tighten a limit and never widen it',
    run: async ({ run }) => {
      await assert.rejects(run('return 1', { limits: { wallTimeMs: 0 } }), TypeError)
      await assert.rejects(run('return 1', { limits: { wallTime: 5 } as never }), TypeError)
    },
  },
  {
    id: 'limits.timers',
    protects: 'a flood of timers costs the host one',
    run: async ({ run }) => {
      returned(
        await run(
          'let n = 0; for (let i = 0; i < 20_000; i++) setTimeout(() => n++, 50_000); await new Promise((r) => setTimeout(r, 5)); return n',
          { limits: { cpuTimeMs: 20_000 } },
        ),
        0,
      )
    },
  },
]
