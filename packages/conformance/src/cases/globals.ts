import assert from 'node:assert/strict'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'
import expectedBuiltins from '../expected-builtins.json' with { type: 'json' }

/** The complete list of globals on every engine. */
const GLOBALS =
  `AbortController AbortSignal AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean Buffer CustomEvent
DOMException DataView Date Error EvalError Event EventTarget Float32Array Float64Array Function Infinity Int16Array Int32Array
Int8Array Intl Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol
SyntaxError TextDecoder TextEncoder TypeError URIError URL URLPattern URLSearchParams Uint16Array Uint32Array Uint8Array Uint8ClampedArray
WeakMap WeakSet __import__ __unhandled__ atob btoa clearImmediate clearInterval clearTimeout codemode console crypto decodeURI decodeURIComponent encodeURI
encodeURIComponent escape eval global globalThis isFinite isNaN parseFloat parseInt performance process queueMicrotask self
setImmediate setInterval setTimeout structuredClone tools undefined unescape`.split(/\s+/)

const PLATFORM: readonly (readonly [id: string, code: string, value: unknown])[] = [
  [
    'url',
    'const u = new URL("../b?x=1 2#h", "https://user@exämple.org:443/a/c/"); u.searchParams.append("y", "é"); return [u.href, u.host, [...u.searchParams.keys()], URL.canParse("no")]',
    ['https://user@xn--exmple-cua.org/a/b?x=1+2&y=%C3%A9#h', 'xn--exmple-cua.org', ['x', 'y'], false],
  ],
  [
    'url-search-params',
    'return [new URLSearchParams({ a: "1 2", b: "&" }).toString(), new URLSearchParams("a=1&a=2").getAll("a")]',
    ['a=1+2&b=%26', ['1', '2']],
  ],
  [
    'text-encoder',
    'return [...new TextEncoder().encode("aé€😀\\ud800")]',
    [97, 195, 169, 226, 130, 172, 240, 159, 152, 128, 239, 191, 189],
  ],
  [
    'text-decoder',
    'return [new TextDecoder().decode(new Uint8Array([240, 159, 152, 128, 255])), (() => { try { new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([255])) } catch (e) { return e.name } })()]',
    ['😀\ufffd', 'TypeError'],
  ],
  [
    'base64',
    'return [btoa("hé"), atob("aMOp"), (() => { try { atob("*") } catch (e) { return e.name } })()]',
    ['aOk=', 'hÃ©', 'InvalidCharacterError'],
  ],
  [
    'microtask',
    'const out = []; queueMicrotask(() => out.push(1)); out.push(0); await null; await null; return out',
    [0, 1],
  ],
  [
    'abort',
    'const c = new AbortController(); const seen = []; c.signal.addEventListener("abort", (e) => seen.push(e.type)); c.abort(); return [c.signal.aborted, c.signal.reason.name, seen, AbortSignal.any([c.signal]).aborted]',
    [true, 'AbortError', ['abort'], true],
  ],
  [
    'abort-timeout',
    'const s = AbortSignal.timeout(5); await new Promise((r) => s.addEventListener("abort", r)); return s.reason.name',
    'TimeoutError',
  ],
  [
    'events',
    'const t = new EventTarget(); let n = 0; t.addEventListener("x", (e) => { n += e.detail }, { once: true }); t.dispatchEvent(new CustomEvent("x", { detail: 2 })); t.dispatchEvent(new CustomEvent("x", { detail: 2 })); return n',
    2,
  ],
  [
    'uuid',
    'return /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())',
    true,
  ],
  [
    'random-values',
    'const a = crypto.getRandomValues(new Uint32Array(4)); return [a.length, new Set(a).size > 1]',
    [4, true],
  ],
  ['es2025-sets', 'return [...new Set([1, 2]).union(new Set([3]))]', [1, 2, 3]],
  ['es2025-iterators', 'return [1, 2, 3].values().filter((x) => x > 1).map((x) => x * 2).toArray()', [4, 6]],
  ['es2025-promise-try', 'return await Promise.try(() => { throw new Error("x") }).catch((e) => e.message)', 'x'],
  ['es2025-escape', 'return new RegExp(RegExp.escape("a.b")).test("a.b")', true],
  ['es2025-f16', 'return [Math.f16round(1.337), new DataView(new ArrayBuffer(2)).getFloat16(0)]', [1.3369140625, 0]],
  [
    'buffer',
    'return [Buffer.from("héllo").toString("base64"), Buffer.from("aGk=", "base64").toString(), Buffer.from([1, 255]).toString("hex"), Buffer.concat([Buffer.from("a"), Buffer.alloc(2)]).length, Buffer.byteLength("héllo"), Buffer.from("a") instanceof Uint8Array]',
    ['aMOpbGxv', 'hi', '01ff', 3, 6, true],
  ],
  [
    'digests',
    'const sha = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("a")); return [Buffer.from(sha).toString("hex").slice(0, 8), crypto.createHash("md5").update("a").digest("hex"), crypto.createHash("sha1").update("a").update("b").digest("base64"), crypto.createHash("sha512").update("").digest().length, await crypto.subtle.digest("MD4", new Uint8Array(1)).catch((e) => e.name)]',
    ['ca978112', '0cc175b9c0f1b6a831c399e269772661', '2iNhTgJGmg18e9G9q1ycR0sZBNw=', 64, 'NotSupportedError'],
  ],
  [
    'url-pattern',
    'return new URLPattern({ pathname: "/users/:id" }).exec("https://x.org/users/7").pathname.groups.id',
    '7',
  ],
  [
    'structured-clone-transfer',
    'const b = new ArrayBuffer(4); const c = structuredClone({ b }, { transfer: [b] }); return [b.byteLength, c.b.byteLength]',
    [0, 4],
  ],
  [
    'hyperbolic-angles',
    'return [Math.acosh(-1234567), Math.acosh("1"), Math.acosh(2)]',
    [Number.NaN, 0, 1.3169578969248166],
  ],
  [
    'members-assigned-to-heirs',
    'const heir = Object.create(String.prototype); heir.localeCompare = 1; return [Object.keys(heir), "a".localeCompare("b"), typeof String.prototype.localeCompare]',
    [['localeCompare'], -1, 'function'],
  ],
  [
    'what-is-absent',
    'return [typeof fetch, typeof require, typeof module, typeof window, typeof process.env.HOME]',
    ['undefined', 'undefined', 'undefined', 'undefined', 'undefined'],
  ],
  [
    'iterator-helpers-that-end-early',
    'const [first] = [1, 2].values().map((x) => x * 2); return [first, [1, 2].values().filter((x) => x > 1).find((x) => x > 0), new Map([[1, 2]]).keys().map(String).take(1).toArray(), [1].values().flatMap(() => [1, 2]).take(1).toArray()]',
    [2, 2, ['1'], [1]],
  ],
  [
    'locale-numbers',
    'return [(1234567.891).toLocaleString(), (0.5).toLocaleString("de", { style: "percent" }), (1234.5).toLocaleString("en-US", { style: "currency", currency: "USD" }), (1.005).toLocaleString("en", { maximumFractionDigits: 2 }), (12).toLocaleString("en", { minimumFractionDigits: 2 }), 12345678901234567890n.toLocaleString(), [1234.5, 2].toLocaleString(), NaN.toLocaleString()]',
    ['1,234,567.891', '50\u00a0%', '$1,234.50', '1.01', '12.00', '12,345,678,901,234,567,890', '1,234.5,2', 'NaN'],
  ],
  [
    'locale-texts',
    'return [["b", "a", "ä", "B", "A", "a10", "a2", "_x", "1", " "].sort((a, b) => a.localeCompare(b)), ["a10", "a2"].sort((a, b) => a.localeCompare(b, "en", { numeric: true })), "résumé".localeCompare("Resume", undefined, { sensitivity: "base" }), "I".toLocaleLowerCase("tr")]',
    [[' ', '_x', '1', 'a', 'A', 'ä', 'a10', 'a2', 'b', 'B'], ['a2', 'a10'], 0, 'ı'],
  ],
  [
    'locale-dates',
    'const d = new Date("2025-01-05T17:00:00Z"); return [d.toLocaleDateString("en-US", { month: "short", year: "numeric" }), d.toLocaleDateString("en-US", { weekday: "long" }), d.toLocaleDateString("sv-SE", { timeZone: "Asia/Tokyo" }), d.toLocaleTimeString("en-GB", { timeZone: "America/New_York" })]',
    ['Jan 2025', 'Sunday', '2025-01-06', '12:00:00'],
  ],
  [
    'locale-defaults',
    'const { locale, timeZone } = new Intl.DateTimeFormat().resolvedOptions(); return [locale, timeZone, new Intl.NumberFormat("xx").resolvedOptions().locale, (1234.5).toLocaleString(), new Intl.DateTimeFormat("en", { timeZoneName: "short" }).format(0)]',
    ['en-US', 'UTC', 'en-US', '1,234.5', '1/1/1970, UTC'],
  ],
  [
    'locale-services',
    'return [new Intl.PluralRules("en", { type: "ordinal" }).select(22), new Intl.ListFormat("en").format(["a", "b", "c"]), new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(-1, "day"), new Intl.DisplayNames("en", { type: "region" }).of("DE"), [...new Intl.Segmenter("en", { granularity: "word" }).segment("to be")].map((s) => s.segment), new Intl.Locale("zh-Hant-TW").script, Intl.getCanonicalLocales("EN-us")]',
    ['two', 'a, b, and c', 'yesterday', 'Germany', ['to', ' ', 'be'], 'Hant', ['en-US']],
  ],
  [
    'locale-refusals',
    'return [() => (1).toLocaleString("not a locale"), () => new Date(0).toLocaleString("en", { timeZone: "Mars/Base" }), () => new Intl.NumberFormat("en", { style: "currency" }), () => Intl.PluralRules()].map((f) => { try { f() } catch (e) { return e.name } })',
    ['RangeError', 'RangeError', 'TypeError', 'TypeError'],
  ],
  [
    'date-texts',
    'return ["2026-05-01 10:00:00-05", "Fri, 01 May 2026 10:00:00 EST", "May 1, 2026 10:00 PDT", "1 May 2026 10:00 GMT-5", "2026-05-01 10:00:00.123456+02", "5/1/2026 10:00 PM", "2026-13-01", "tomorrow"].map((t) => new Date(t).toJSON()?.slice(5) ?? null)',
    [
      '05-01T15:00:00.000Z',
      '05-01T15:00:00.000Z',
      '05-01T17:00:00.000Z',
      '05-01T15:00:00.000Z',
      '05-01T08:00:00.123Z',
      '05-01T22:00:00.000Z',
      null,
      null,
    ],
  ],
  [
    'fixed-buffers',
    'const b = new ArrayBuffer(8, { maxByteLength: 16 }); return [b.byteLength, "resize" in b, b instanceof ArrayBuffer, new Uint8Array(1).buffer.constructor === ArrayBuffer, ArrayBuffer.name, new (class extends ArrayBuffer {})(3).byteLength]',
    [8, false, true, true, 'ArrayBuffer', 3],
  ],
  [
    'bigint-wrapping',
    'let h = 0xcbf29ce484222325n; for (const c of "hello") { h ^= BigInt(c.charCodeAt(0)); h = BigInt.asUintN(64, h * 0x100000001b3n) } return [h.toString(16), BigInt.asUintN(64, -1n), BigInt.asUintN(63, -5n), BigInt.asUintN(128, 7n), BigInt.asIntN(8, 255n)]',
    ['a430d84680aabd0b', 18446744073709551615n, 9223372036854775803n, 7n, -1n],
  ],
  [
    'reviver',
    'return JSON.parse("[1, 2]", function (...rest) { return rest.length === 2 && Array.isArray(this) ? rest[1] * 2 : rest[1] })',
    [2, 4],
  ],
  [
    'process',
    'return [typeof process, process.env.LIMIT ?? 10, Object.keys(process), Object.isFrozen(process.env), typeof process.exit]',
    ['object', 10, ['env'], true, 'undefined'],
  ],
  ['names-of-the-global-object', 'global.a = 1; return [self.a, globalThis.a, self === global]', [1, 1, true]],
  [
    'immediate',
    'const seen = []; setImmediate((a) => seen.push(a), 1); clearImmediate(setImmediate(() => seen.push(2))); await new Promise((r) => setTimeout(r, 5)); return seen',
    [1],
  ],
  ['from-async', 'return await Array.fromAsync([1, Promise.resolve(2)])', [1, 2]],
  [
    'names',
    'return [Date.prototype.getHours.name, Date.prototype.setHours.length, JSON.parse.name, JSON.parse.length, setTimeout.name, Date.prototype.getDate === Date.prototype.getUTCDate]',
    ['getHours', 4, 'parse', 2, 'setTimeout', false],
  ],
]

const REFUSED: readonly (readonly [id: string, code: string, message: RegExp])[] = [
  [
    'fetch',
    'await fetch("http://127.0.0.1")',
    /fetch'? is not defined There is no network: call a tool instead.*tools\.t/,
  ],
  ['require', 'require("fs")', /require'? is not defined There are no modules/],
  ['import', 'await import("node:fs")', /import\(\) is not available/],
  ['eval', 'eval("1 + 1")', /eval is not available/],
  ['function', 'new Function("return 1")()', /strings is not available/],
  ['function-constructor', '(async () => {}).constructor("return 1")()', /strings is not available/],
  [
    'generator-constructor',
    'Object.getPrototypeOf(function* () {}).constructor("yield 1")',
    /strings is not available/,
  ],
]

export const globals: readonly ConformanceCase[] = [
  {
    id: 'globals.list',
    protects: 'every engine has the same globals',
    run: async ({ run }) => {
      const result = await run('return Object.getOwnPropertyNames(globalThis).sort()', { tools: { t: () => 1 } })
      assert.ok(result.ok)
      assert.deepEqual(result.value, [...GLOBALS].sort())
    },
  },
  {
    id: 'globals.reachable',
    protects: 'removed globals cannot be reached in other ways',
    run: async ({ run }) => {
      returned(
        await run(`const found = []
          for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry', 'post', 'library', 'gc', 'std', 'os', 'print']) {
            if (name in globalThis || typeof globalThis[name] !== 'undefined') found.push(name)
          }
          return found`),
        [],
      )
    },
  },
  {
    id: 'globals.members',
    protects: 'the built-ins of every engine have the same properties',
    run: async ({ run }) => {
      const result = await run(`const members = {}
        const seen = new Set()
        const list = (path, value) => {
          if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return
          seen.add(value)
          members[path] = Reflect.ownKeys(value).map(String).sort()
        }
        for (const name of Object.getOwnPropertyNames(globalThis).sort()) {
          if (globalThis[name] === globalThis) continue
          list(name, globalThis[name])
          if (typeof globalThis[name] === 'function') list(name + '.prototype', globalThis[name].prototype)
        }
        const prototypeOf = Reflect.getPrototypeOf
        const iterators = { array: [][Symbol.iterator](), map: new Map().values(), set: new Set().values(), string: ''[Symbol.iterator](), matches: ''.matchAll(/a/g), generator: (function* () {})(), asyncGenerator: (async function* () {})(), helper: [].values().map((x) => x) }
        for (const name of Object.keys(iterators)) {
          for (let value = prototypeOf(iterators[name]), depth = 0; value !== null; value = prototypeOf(value), depth++) list(name + ' iterator ' + depth, value)
        }
        list('typed arrays', prototypeOf(Uint8Array))
        list('typed arrays.prototype', prototypeOf(Uint8Array.prototype))
        // Not every V8 has it.
        members.Intl = members.Intl.filter((name) => name !== 'DurationFormat')
        for (const name of members.Intl) {
          if (typeof Intl[name] !== 'function' ) continue
          list('Intl.' + name, Intl[name])
          if (Intl[name].prototype !== undefined) list('Intl.' + name + '.prototype', Intl[name].prototype)
        }
        return members`)
      assert.ok(result.ok, JSON.stringify(result))
      assert.deepEqual(result.value, expectedBuiltins)
    },
  },
  {
    id: 'globals.stack-traces',
    protects: 'a program cannot access stack frames as objects or disable stacks',
    run: async ({ run }) => {
      failed(await run('Error.prepareStackTrace = (_, sites) => sites; return new Error("x").stack'), 'CODE_THREW')
      failed(
        await run('Object.defineProperty(Error, "prepareStackTrace", { value: (_, sites) => sites })'),
        'CODE_THREW',
      )
      returned(await run('Reflect.set(Error, "stackTraceLimit", 0); return typeof new Error("x").stack'), 'string')
    },
  },
  ...PLATFORM.map(
    ([id, code, value]): ConformanceCase => ({
      id: `globals.platform.${id}`,
      protects: `a built-in behaves as specified (${id.replaceAll('-', ' ')})`,
      run: async ({ run }) => returned(await run(code), value),
    }),
  ),
  ...REFUSED.map(
    ([id, code, message]): ConformanceCase => ({
      id: `globals.refused.${id}`,
      protects: `a removed feature fails with an error that suggests an alternative (${id.replaceAll('-', ' ')})`,
      run: async ({ run }) => {
        const error = failed(await run(code, { tools: { t: () => 1 } }), 'CODE_THREW')
        assert.match(`${error.message} ${error.hint}`, message)
      },
    }),
  ),
]
