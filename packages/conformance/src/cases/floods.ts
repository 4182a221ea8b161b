import assert from 'node:assert/strict'
import { defineTool, type ExecutionErrorCode } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'
import { countBeats } from '../event-loop-monitor.ts'

const MB = 1024 * 1024

/** Programs that never end. `isNative` marks those that loop within a built-in. */
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
  ['proxy-keys', 'return new Proxy({}, { ownKeys() { for (;;); } })'],
  ['iterator', 'for (const x of { [Symbol.iterator]: () => ({ next: () => ({ done: false }) }) });'],
  ['comparator', '[2, 1].sort(() => { for (;;); })'],
  ['json', 'const text = JSON.stringify(Array(10_000).fill(0)); for (;;) JSON.parse(text)'],
  ['thenable', 'await { then() { for (;;); } }'],
  ['error-message', 'throw { get message() { for (;;); } }'],
  ['inspected', 'console.log({ get [Symbol.toStringTag]() { for (;;); } })'],
  [
    'event-listener',
    'const t = new EventTarget(); t.addEventListener("x", () => { for (;;); }); t.dispatchEvent(new Event("x"))',
  ],
  ['timer-callback', 'setTimeout(() => { for (;;); }, 1); await new Promise(() => {})'],
  ['rejection', 'const spin = () => Promise.reject(1).catch(spin); await spin()'],
  ['replace-callback', '"aa".replace(/a/g, () => { for (;;); })'],
  ['async-generator', 'async function* g() { for (;;) yield 1 } for await (const x of g());'],
  [
    'regexp-lookbehind',
    '/(?<=(a|aa)+)$/.test("a".repeat(60) + "b") || /^(([a-z])+.)+[A-Z]([a-z])+$/.test("a".repeat(60))',
  ],
  ['native-index-of', 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)', true],
  ['native-reverse', 'Array.prototype.reverse.call({ length: 2 ** 53 - 1 })', true],
  ['native-string', 'const s = "a".repeat(4e6); for (;;) s.indexOf("a".repeat(2e6) + "b")', true],
  ['native-last-index-of', 'Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)', true],
  ['native-after-await', 'await tools.step(); Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)', true],
]

/** Programs that exhaust the guest's memory. */
export const MEMORY: readonly (readonly [id: string, code: string])[] = [
  ['arrays', 'const a = []; for (;;) a.push(new Array(1000).fill(1))'],
  ['one-array', 'const a = []; for (;;) a.push(1, 2, 3, 4, 5, 6, 7, 8)'],
  ['strings', 'const a = []; for (let i = 0; ; i++) a.push(("x" + i).repeat(10_000) + i)'],
  ['maps', 'const m = new Map(); for (let i = 0; ; i++) m.set({ i }, new Array(100).fill(i))'],
  ['sets', 'const s = new Set(); for (let i = 0; ; i++) s.add(new Array(100).fill(i))'],
  ['buffers', 'const a = []; for (;;) a.push(new Uint8Array(1_000_000).fill(1))'],
  ['closures', 'let f = () => 0; for (;;) { const g = f; f = () => g() }'],
  ['symbols', 'const a = []; for (let i = 0; ; i++) a.push(Symbol("symbol number " + i))'],
  ['bigints', 'const a = []; let n = 3n ** 1000n; for (;;) a.push((n *= 3n))'],
  ['promises', 'const a = []; for (let i = 0; ; i++) a.push(Promise.resolve({ i }))'],
  ['pending-calls-inputs', 'const a = []; for (let i = 0; ; i++) a.push(Array.from({ length: 1000 }, () => ({ i })))'],
  ['caught', 'const a = []; for (;;) { try { a.push(new Array(100_000).fill(1)) } catch {} }'],
  ['after-await', 'await tools.step(); const a = []; for (;;) a.push(new Array(1000).fill(1))'],
]

/**
 * Programs that break engines, with the codes that they may end in. Which limit is reached first depends on the engine.
 */
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
    'date-formats',
    'const zones = Intl.supportedValuesOf("timeZone"); const all = []; for (let i = 0; ; i++) all.push(new Intl.DateTimeFormat("en", { timeZone: zones[i % zones.length], fractionalSecondDigits: 1 + (i % 3) }))',
    ['LIMIT_MEMORY', 'LIMIT_CPU', 'CODE_THREW'],
  ],
  [
    'segments',
    'const text = "a b ".repeat(250_000); const all = []; for (;;) all.push([...new Intl.Segmenter("en", { granularity: "word" }).segment(text)])',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  [
    'collations',
    'const text = "a1".repeat(500_000); for (;;) text.localeCompare(text + "b", "de", { numeric: true })',
    ['LIMIT_CPU', 'LIMIT_MEMORY'],
  ],
  [
    'long-numbers',
    'const all = []; for (let n = 2n ** 10_000n; ; n *= n) all.push(n.toLocaleString("en-IN"))',
    ['LIMIT_MEMORY', 'LIMIT_CPU', 'CODE_THREW'],
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
  ['spread', 'const a = [1]; for (;;) a.push(...a)', ['LIMIT_MEMORY', 'LIMIT_CPU', 'LIMIT_STACK', 'CODE_THREW']],
  [
    'pads',
    'const all = []; for (;;) all.push("x".padEnd(1e6, String(all.length)))',
    ['LIMIT_MEMORY', 'CODE_THREW', 'LIMIT_CPU'],
  ],
  [
    'clones',
    'let a = [new Array(1e4).fill(1)]; for (;;) a.push(structuredClone(a))',
    ['LIMIT_MEMORY', 'LIMIT_CPU', 'LIMIT_STACK'],
  ],
  [
    'encodings',
    'const e = new TextEncoder(); const all = []; for (;;) all.push(e.encode("é".repeat(1e6)))',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  ['base64', 'const all = []; for (;;) all.push(btoa("x".repeat(1e6) + all.length))', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  ['splits', 'const all = []; for (;;) all.push("a,".repeat(1e5).split(","))', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  [
    'listeners',
    'const t = new EventTarget(); for (;;) t.addEventListener("x", () => {})',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  [
    'signals',
    'const c = new AbortController(); const all = []; for (;;) all.push(AbortSignal.any([c.signal]))',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  ['microtask-queue', 'for (;;) queueMicrotask(() => {})', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  ['tables', 'for (;;) console.table(Array.from({ length: 1000 }, (_, i) => ({ i })))', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  [
    'deep-log',
    'let a = {}; for (let i = 0; i < 1e5; i++) a = { a }; for (;;) console.dir(a, { depth: null })',
    ['LIMIT_MEMORY', 'LIMIT_CPU', 'LIMIT_STACK', 'CODE_THREW'],
  ],
  ['causes', 'let e; for (;;) e = new Error("x", { cause: e })', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  ['string-doubling', 'let s = "x"; for (;;) s += s', ['LIMIT_MEMORY', 'LIMIT_CPU', 'CODE_THREW']],
  ['deep-json', 'let a = []; for (;;) a = [a, JSON.stringify(a).length]', ['LIMIT_MEMORY', 'LIMIT_CPU', 'LIMIT_STACK']],
  [
    'endless-getters',
    'const make = () => ({ get next() { return make() } }); return make()',
    ['LIMIT_CPU', 'LIMIT_MEMORY', 'LIMIT_STACK'],
  ],
  [
    'endless-proxies',
    'const make = () => new Proxy({}, { ownKeys: () => ["a"], get: make, getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) }); return make()',
    ['LIMIT_CPU', 'LIMIT_MEMORY', 'LIMIT_STACK'],
  ],
  [
    'placeholders',
    'for (;;) console.log("%s".repeat(1e4), ...Array(1e4).fill("x"))',
    ['LIMIT_MEMORY', 'LIMIT_CPU', 'LIMIT_STACK'],
  ],
  ['groups', 'for (;;) console.group("x")', ['LIMIT_MEMORY', 'LIMIT_CPU', 'CODE_THREW']],
  [
    'search-parameters',
    'const u = new URLSearchParams(); for (;;) u.append("k", "v".repeat(1e4) + u.size)',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  ['destructuring', 'const [...all] = { *[Symbol.iterator]() { for (;;) yield {} } }', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  [
    'forking-microtasks',
    'const fork = async () => { await null; fork(); fork() }; fork(); await new Promise(() => {})',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
  [
    'replacements',
    'const s = "a".repeat(1e5); for (;;) s.replaceAll("a", "b".repeat(1e3))',
    ['LIMIT_MEMORY', 'LIMIT_CPU', 'CODE_THREW'],
  ],
  ['normal-forms', 'const s = "\\u0344".repeat(1e6); for (;;) s.normalize("NFKD")', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  ['settled-lists', 'for (;;) Promise.allSettled(Array(1e4).fill(null))', ['LIMIT_MEMORY', 'LIMIT_CPU']],
  [
    'errors',
    'const all = []; for (;;) all.push(new Error("x".repeat(1000) + all.length).stack)',
    ['LIMIT_MEMORY', 'LIMIT_CPU'],
  ],
]

export const floods: readonly ConformanceCase[] = [
  ...WILD.map(
    ([id, code, codes]): ConformanceCase => ({
      id: `floods.wild.${id}`,
      protects: `a hostile program ends at a limit without blocking the host, and the next program runs (${id.replaceAll('-', ' ')})`,
      needs: { stopsNativeLoops: true },
      run: async ({ run }) => {
        const beats = countBeats(true)
        const result = await run(code, { limits: { cpuTimeMs: 400, wallTimeMs: 60_000 } })
        beats()
        assert.ok(!result.ok && codes.includes(result.error.code), JSON.stringify(result).slice(0, 300))
        returned(await run('return "next"'), 'next')
      },
    }),
  ),
  ...ENDLESS.map(
    ([id, code, isNative]): ConformanceCase => ({
      id: `floods.endless.${id}`,
      protects: `an endless program ends in LIMIT_CPU without blocking the host, and the next program runs (${id.replaceAll('-', ' ')})`,
      needs: { stopsLoops: true, ...(isNative === true ? { stopsNativeLoops: true } : {}) },
      run: async ({ run, sandbox }) => {
        const beats = countBeats(sandbox.guarantees.boundary !== 'inline')
        const result = await run(code, {
          tools: { step: () => 1 },
          limits: { cpuTimeMs: 200, wallTimeMs: 60_000 },
        })
        beats()
        failed(result, 'LIMIT_CPU')
        returned(await run('return "next"'), 'next')
      },
    }),
  ),
  ...MEMORY.map(
    ([id, code]): ConformanceCase => ({
      id: `floods.memory.${id}`,
      protects: `a program that exhausts its memory ends in LIMIT_MEMORY, and the next program runs (${id.replaceAll('-', ' ')})`,
      needs: { survivesOutOfMemory: true },
      run: async ({ run }) => {
        failed(
          await run(code, { tools: { step: () => 1 }, limits: { memoryBytes: 32 * MB, cpuTimeMs: 15_000 } }),
          'LIMIT_MEMORY',
        )
        returned(await run('return "next"'), 'next')
      },
    }),
  ),
  {
    id: 'floods.log-flood',
    protects: 'a log of 100 MB is truncated to its limit',
    run: async ({ run }) => {
      const result = await run(
        'const line = "x".repeat(1_000_000); for (let i = 0; i < 100; i++) console.log(line + i); return 1',
        { limits: { cpuTimeMs: 20_000 } },
      )
      returned(result, 1)
      assert.ok(result.logs.reduce((sum, { text }) => sum + text.length, 0) < 300_000)
    },
  },
  {
    id: 'floods.call-flood',
    protects: 'a flood of calls in one turn ends the program, and the next program runs',
    run: async ({ run }) => {
      const result = await run('for (let i = 0; i < 3e5; i++) tools.a({ i }); await null', {
        tools: { a: () => 1 },
        limits: { toolCalls: 100, cpuTimeMs: 5_000 },
      })
      assert.ok(
        !result.ok &&
          ['LIMIT_TOOL_CALLS', 'LIMIT_MESSAGE_SIZE', 'LIMIT_MEMORY', 'LIMIT_CPU'].includes(result.error.code),
        JSON.stringify(result).slice(0, 300),
      )
      returned(await run('return "next"'), 'next')
    },
  },
  {
    id: 'floods.open-bytes',
    protects: 'the inputs of all pending calls together are bounded, whatever the number of calls',
    run: async ({ run }) => {
      const code = `const big = 'x'.repeat(60_000)
        const open = Array.from({ length: 5 }, () => tools.never(big).catch((e) => e.code))
        return await Promise.race(open)`
      returned(
        await run(code, { tools: { never: () => new Promise(() => {}) }, limits: { messageBytes: 100_000 } }),
        'LIMIT_MESSAGE_SIZE',
      )
    },
  },
  {
    id: 'floods.numeric-keys',
    protects:
      "a guest cannot send tens of thousands of keys that collide in the host's hash tables, where V8 does not seed numbers",
    run: async ({ run }) => {
      const code = 'const s = new Set(); for (let i = 0; i < 20_000; i++) s.add(i); return s'
      assert.match(failed(await run(code), 'VALUE_NOT_SERIALIZABLE').message, /numeric keys/)
      assert.match(
        failed(await run(code.replace('s.add(i)', 's.add(BigInt(i))')), 'VALUE_NOT_SERIALIZABLE').message,
        /numeric keys/,
      )
    },
  },
  {
    id: 'floods.costly-inputs',
    protects: 'hundreds of inputs that are costly to decode do not block the event loop of the host',
    run: async ({ run }) => {
      // All keys collide, because V8 hashes only the low bits of a BigInt.
      const code = `const keys = new Set()
        for (let i = 1n; i < 3_900n; i++) keys.add(i << 64n)
        const errors = Array.from({ length: 3_900 }, () => new Error(''))
        return (await Promise.all(Array.from({ length: 400 }, (_, i) => tools.take(i % 2 ? keys : errors)))).length`
      const beats = countBeats(true)
      const result = await run(code, { tools: { take: () => 1 }, limits: { wallTimeMs: 2_000 } })
      beats()
      // The inputs may also exceed a limit of the guest.
      if (!result.ok) assert.match(result.error.code, /^LIMIT_/)
    },
    // Without this guarantee, the program itself blocks its host.
    needs: { stopsNativeLoops: true },
  },
  {
    id: 'floods.errors',
    protects: 'a guest cannot send tens of thousands of errors, which are costly to create',
    run: async ({ run }) => {
      const code = 'return Array.from({ length: 10_000 }, () => new Error(""))'
      assert.match(failed(await run(code), 'VALUE_NOT_SERIALIZABLE').message, /an error after/)
    },
  },
  {
    id: 'floods.duplicates',
    protects: 'reporting the problems of an input costs the host little, however many there are',
    run: async ({ run }) => {
      const schema = { type: 'object', properties: { tags: { type: 'array', uniqueItems: true } } }
      const tag = defineTool({ inputSchema: schema, execute: () => 1 })
      const beats = countBeats(true)
      failed(await run('await tools.tag({ tags: Array(60_000).fill("a") })', { tools: { tag } }), 'TOOL_INPUT_INVALID')
      beats()
    },
  },
  {
    id: 'floods.regular-expressions',
    protects: 'regular expressions that are costly to compile do not reach the host',
    run: async ({ run }) => {
      failed(await run('return new RegExp("[" + "\\\\p{L}".repeat(5_000) + "]", "u")'), 'VALUE_NOT_SERIALIZABLE')
      failed(await run('return Array.from({ length: 3_000 }, () => /ab/iu)'), 'VALUE_NOT_SERIALIZABLE')
    },
  },
  {
    id: 'floods.short-turns',
    protects: 'many short turns do not evade the CPU time limit',
    run: async ({ run }) => {
      const code =
        'const s = "\\u0344".repeat(300_000); for (let i = 0; i < 5_000; i++) { s.normalize("NFD"); await new Promise((r) => setTimeout(r, 1)) }'
      failed(await run(code, { limits: { cpuTimeMs: 300 } }), 'LIMIT_CPU')
    },
  },
  {
    id: 'floods.hints',
    protects: 'calls of unknown tools cost the host little',
    run: async ({ run }) => {
      const tools = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`some_tool_number_${i}`, () => i]))
      const beats = countBeats(true)
      await run(
        'for (let i = 0; i < 900; i++) tools["q".repeat(900) + i]({}).catch(() => {}); await new Promise((r) => setTimeout(r, 50))',
        { tools },
      )
      beats()
    },
  },
  {
    id: 'floods.sparse-result',
    protects: 'a huge sparse array as a result is rejected',
    run: async ({ run }) => {
      failed(await run('const a = []; a.length = 2 ** 32 - 1; return a'), 'VALUE_NOT_SERIALIZABLE')
    },
  },
]
