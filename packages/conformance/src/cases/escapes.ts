import assert from 'node:assert/strict'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'
import { codeFromStrings } from './code-from-strings.ts'
import { realms } from './realms.ts'
import { toolData } from './tool-data.ts'

/** Programs that overwrite built-ins which the runtime uses. Each must still return the given value. */
const TAMPERING: readonly (readonly [id: string, code: string, value: unknown])[] = [
  [
    'json',
    'JSON.stringify = () => \'"forged"\'; JSON.parse = () => ({ forged: 1 }); return await tools.echo({ real: [1] })',
    { real: [1] },
  ],
  [
    'to-json',
    'Object.prototype.toJSON = () => "forged"; Array.prototype.toJSON = () => "forged"; String.prototype.toJSON = () => "forged"; return await tools.echo({ real: ["x"] })',
    { real: ['x'] },
  ],
  [
    'array',
    'const real = new Map([[1, [2]]]); Array.prototype.push = Array.prototype.join = Array.prototype.map = Array.prototype.slice = () => "forged"; Array.prototype[Symbol.iterator] = () => { throw 1 }; return await tools.echo(real)',
    new Map([[1, [2]]]),
  ],
  [
    'map',
    'const real = new Map([[1, 2]]); for (const k of ["get", "set", "has", "delete", "forEach"]) Map.prototype[k] = () => "forged"; return await tools.echo(real)',
    new Map([[1, 2]]),
  ],
  [
    'set',
    'const real = new Set([1]); Set.prototype.add = Set.prototype.has = Set.prototype.forEach = () => true; return await tools.echo([real, { a: {} }])',
    [new Set([1]), { a: {} }],
  ],
  ['promise', 'Promise.prototype.then = () => "forged"; Promise.resolve = () => "forged"; return 5', 5],
  [
    'object',
    'Object.keys = () => ["forged"]; Object.prototype.hasOwnProperty = () => false; Object.getPrototypeOf = () => null; Object.defineProperty = () => {}; return await tools.echo({ real: 1 })',
    { real: 1 },
  ],
  [
    'reflect',
    'Reflect.apply = Reflect.defineProperty = Reflect.ownKeys = () => "forged"; return await tools.echo({ real: new Date(1) })',
    { real: new Date(1) },
  ],
  [
    'function',
    'Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => "forged"; return await tools.echo({ real: new Date(2) })',
    { real: new Date(2) },
  ],
  [
    'string',
    'String.prototype.charCodeAt = () => 0; String.prototype.slice = () => "forged"; String.prototype.indexOf = () => -1; return await tools.echo("real")',
    'real',
  ],
  [
    'prototype-pollution',
    'Object.prototype.type = "returned"; Object.prototype.id = 99; Object.prototype.payload = "j1"; Object.prototype.reference = true; return await tools.echo({ real: 1 })',
    { real: 1 },
  ],
  [
    'setters',
    'Object.defineProperty(Object.prototype, "real", { set() { throw 1 }, configurable: true }); return Object.keys(await tools.echo({ ["re" + "al"]: 1 }))',
    ['real'],
  ],
  [
    'timers',
    'const real = setTimeout; globalThis.setTimeout = () => { throw 1 }; return await new Promise((r) => real(r, 2, "fired"))',
    'fired',
  ],
  ['date', 'Date.now = () => 0; Date.prototype.getTime = () => 0; return await tools.echo(new Date(7))', new Date(7)],
  [
    'globals-gone',
    'for (const k of Object.getOwnPropertyNames(globalThis)) if (k !== "tools") try { delete globalThis[k] } catch {} return await tools.echo([1])',
    [1],
  ],
  [
    'frozen',
    'for (const x of [Object, Array, Promise, Map, Function]) { Object.freeze(x); Object.freeze(x.prototype) } return await tools.echo({ a: [1] })',
    { a: [1] },
  ],
  [
    'iterator-next',
    'const real = [new Map([[1, 2]]), new Set(["a"]), [1, 2]]; for (const one of Array.of([].values(), new Map().entries(), new Set().values())) Object.getPrototypeOf(one).next = () => ({ done: true }); return await tools.echo(real)',
    [new Map([[1, 2]]), new Set(['a']), [1, 2]],
  ],
  [
    'template-literals',
    'try { String.prototype.concat = () => "forged" } catch {} Reflect.defineProperty(String.prototype, "concat", { value: () => "forged" }); const one = 1; return await tools.echo([new Map([["a", `$' +
      '{one}b`]])])',
    [new Map([['a', '1b']])],
  ],
  [
    'regexp',
    'RegExp.prototype.exec = RegExp.prototype.test = () => { throw 1 }; for (const k of ["match", "replace", "split", "search"]) RegExp.prototype[Symbol[k]] = () => "forged"; return await tools.echo({ "odd key": [/a/g, 5n] })',
    { 'odd key': [/a/g, 5n] },
  ],
  [
    'typed-arrays',
    'const T = Object.getPrototypeOf(Uint8Array); for (const k of ["length", "buffer", "byteLength", "byteOffset"]) Object.defineProperty(T.prototype, k, { get: () => 1e9 }); T.prototype.set = T.prototype.subarray = () => "forged"; globalThis.Uint8Array = function () { throw 1 }; return await tools.echo(new Int16Array([1, 2]))',
    new Int16Array([1, 2]),
  ],
  [
    'buffers',
    'Object.defineProperty(ArrayBuffer.prototype, "byteLength", { get: () => 1e9 }); ArrayBuffer.isView = () => false; ArrayBuffer.prototype.slice = () => "forged"; return await tools.echo(new Uint8Array([7]).buffer)',
    new Uint8Array([7]).buffer,
  ],
  [
    'numbers',
    'Number.prototype.toString = BigInt.prototype.toString = BigInt.prototype.valueOf = Number.isFinite = () => "forged"; globalThis.Number = globalThis.BigInt = () => 0; return await tools.echo([5n, -0, NaN, 1.5])',
    [5n, -0, Number.NaN, 1.5],
  ],
  [
    'errors',
    'const real = new RangeError("real", { cause: 1 }); globalThis.Error = globalThis.RangeError = class {}; Object.defineProperty(real, "stack", { get() { throw 1 } }); return (await tools.echo(real)).message',
    'real',
  ],
  [
    'descriptors',
    'for (const k of ["get", "set", "value", "writable", "configurable", "enumerable"]) Object.prototype[k] = k === "get" || k === "set" ? () => "forged" : 1; return Object.entries(await tools.echo({ real: [1] })).join()',
    'real,1',
  ],
  [
    'then-getter',
    'let asked = 0; Object.defineProperty(Object.prototype, "then", { configurable: true, get() { asked++; return undefined } }); return await tools.echo({ real: 1 })',
    { real: 1 },
  ],
  [
    'own-symbols',
    'for (const C of [Map, Set, Date, RegExp, Array, Promise]) { Object.defineProperty(C.prototype, Symbol.toStringTag, { value: "Object" }); Object.defineProperty(C, Symbol.hasInstance, { value: () => true }) } return await tools.echo({ m: [1], d: "x" })',
    { m: [1], d: 'x' },
  ],
  [
    'weak-maps',
    'for (const C of [WeakMap, WeakSet]) for (const k of ["get", "set", "has", "add", "delete"]) C.prototype[k] = () => { throw 1 }; const c = new AbortController(); let n = 0; c.signal.addEventListener("abort", () => n++); c.abort(); return [n, await tools.echo([new Date(3)])]',
    [1, [new Date(3)]],
  ],
  [
    'proxy',
    'globalThis.Proxy = class { constructor() { throw 1 } }; Reflect.get = Reflect.has = () => "forged"; return [await tools.echo(1), await tools.nothing().catch((e) => e.code)]',
    [1, 'TOOL_NOT_FOUND'],
  ],
  [
    'globals-hidden',
    'const { defineProperty } = Object; for (const k of ["Promise", "Map", "Set", "JSON", "Object", "Array", "Symbol", "Reflect", "String"]) defineProperty(globalThis, k, { get() { throw new ReferenceError(k) } }); return await tools.echo({ real: [1] })',
    { real: [1] },
  ],
  ['thenable-result', 'return { then(resolve) { resolve("inner") } }', 'inner'],
]

/** A secret in the globals of the host that no guest may find. */
const CANARY = 'a secret of the host'

/** Values available to a program that were created outside or before it. */
const HANDLES: readonly (readonly [id: string, expression: string])[] = [
  ['globals', 'globalThis'],
  ['namespace', 'tools'],
  ['tool', 'tools.echo'],
  ['pending-call', 'tools.echo({})'],
  ['output', 'await tools.echo({ a: [new Date(), new Map([[1, new Set()]]), new Uint8Array(2)] })'],
  ['tool-error', 'await tools.fail().catch((error) => error)'],
  ['not-found-error', 'await tools.nothing().catch((error) => error)'],
  ['refused-value-error', 'await tools.echo(() => {}).catch((error) => error)'],
  ['console', 'console'],
  ['locales', 'Intl'],
  ['formatter', 'new Intl.DateTimeFormat("en").formatToParts()'],
  ['segments', '[...new Intl.Segmenter("en").segment("a b")]'],
  ['locale-error', 'try { (1).toLocaleString("not a locale") } catch (error) { return error }'],
  ['fetch-error', 'try { await fetch("http://a") } catch (error) { return error }'],
  ['buffer', '[Buffer, Buffer.from("a")]'],
  ['digest', '[crypto.createHash("sha256"), await crypto.subtle.digest("SHA-256", new Uint8Array(1))]'],
  ['url-pattern', 'new URLPattern({ pathname: "/:a" }).exec("http://h/b")'],
  ['process', 'process'],
  ['timer', 'setTimeout'],
  ['interval-id', '{ const id = setInterval(() => {}, 1e6); clearInterval(id); return id }'],
  ['crypto', 'crypto'],
  ['abort-signal', 'AbortSignal.timeout(1e6)'],
  ['abort-error', 'AbortSignal.abort().reason'],
  ['url', 'new URL("http://a/?b")'],
  ['event', 'new CustomEvent("x", { detail: {} })'],
  ['text-coders', '[new TextEncoder(), new TextDecoder()]'],
  ['clone', 'structuredClone({ a: new Error("x") })'],
  ['range-error', 'await null; try { new Array(-1) } catch (error) { return error }'],
  ['stack-error', 'const f = () => f() + 1; try { f() } catch (error) { return error }'],
  ['type-error', 'try { null.x } catch (error) { return error }'],
  ['import-error', 'await import("node:fs").catch((error) => error)'],
  ['async-function', 'Object.getPrototypeOf(async () => {})'],
  ['generators', '[Object.getPrototypeOf(function* () {}), Object.getPrototypeOf(async function* () {})]'],
  ['this', 'return (function () { return this })() ?? {}'],
  ['caller', 'Object.getOwnPropertyDescriptors(function () {})'],
  ['callback-arguments', 'await new Promise((resolve) => setTimeout((...all) => resolve(all), 1, 1))'],
  ['reaction-arguments', 'await new Promise((...all) => all[0](all))'],
]

/**
 * Returns a program that walks everything reachable from a handle by properties, getters and prototypes. It calls every
 * function as if it were the `Function` constructor. None may reach the canary.
 */
const WALK = (handle: string): string => `
const found = []
const seen = new Set()
const visit = (value, path) => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value) || seen.size > 20_000) return
  seen.add(value)
  if (typeof value === 'function') {
    for (const make of [() => value('return globalThis.canary'), () => new value('return globalThis.canary')]) {
      try {
        const made = make()
        if (typeof made === 'function' && made() !== undefined) found.push(path)
      } catch {}
    }
  }
  let keys
  try { keys = Reflect.ownKeys(value) } catch { return }
  for (const key of keys) {
    if (key === 'canary' || key === 'mainModule' || key === 'binding') found.push(path + '.' + String(key))
    let inner
    try { inner = value[key] } catch { continue }
    visit(inner, path + '.' + String(key))
  }
  visit(Reflect.getPrototypeOf(value), path + '.__proto__')
}
const handle = await (async () => { ${/\breturn\b/.test(handle) ? handle : `return [${handle}]`} })()
Object.getPrototypeOf(globalThis.setTimeout)
for (const name of ['clearTimeout', 'clearInterval', 'setTimeout', 'setInterval', 'queueMicrotask', 'console', 'tools']) seen.add(globalThis[name])
seen.delete(handle[0] ?? handle)
visit(handle, 'handle')
return { found, looked: seen.size }`

/** Programs that try to reach the host in other ways. Each must return the given value. */
const REACHES: readonly (readonly [id: string, code: string, value: unknown])[] = [
  [
    'species',
    'for (const C of [Promise, Array, Map, Uint8Array]) try { Object.defineProperty(C, Symbol.species, { get() { throw new Error("species") } }) } catch {} return await tools.echo([1])',
    [1],
  ],
  [
    'thenable-input',
    'let asked = 0; const result = await tools.echo({ get then() { asked++; return undefined }, a: 1 }).catch((e) => e.code); return [result.a ?? result, asked < 3]',
    [1, true],
  ],
  [
    'getter-that-changes',
    'let n = 0; return await tools.echo({ get a() { return ++n } }).then(({ a }) => a > 0)',
    true,
  ],
  [
    'getter-that-throws',
    'return await tools.echo({ get a() { throw new Error("mine") } }).catch((e) => e.message)',
    'mine',
  ],
  [
    'proxied-input',
    'return await tools.echo(new Proxy({ a: 1 }, { get: (t, k) => (k === "a" ? 2 : t[k]) }))',
    { a: 2 },
  ],
  [
    'revoked-proxy',
    'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return await tools.echo(proxy).catch((e) => e instanceof Error)',
    true,
  ],
  ['tool-named-by-an-object', 'return await tools[{ toString: () => "echo" }]({ a: 1 })', { a: 1 }],
  ['tools-overwritten', 'try { tools.echo = () => "forged" } catch {} return await tools.echo({ a: 1 })', { a: 1 }],
  [
    'tools-redefined',
    'try { Object.defineProperty(tools, "echo", { value: () => "forged" }) } catch {} return await tools.echo(2)',
    2,
  ],
  [
    'proto-in-input',
    'return Object.keys(await tools.echo(JSON.parse(\'{"__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } } }\')))',
    ['__proto__', 'constructor'],
  ],
  [
    'promise-constructor',
    'const p = tools.echo(1); p.constructor = { [Symbol.species]: function (run) { run(() => {}, () => {}) } }; return await p',
    1,
  ],
  [
    'then-replaced',
    'Promise.prototype.then = function () { return this }; const got = await tools.echo(3); return got',
    3,
  ],
  ['weak-wall', 'return await tools.echo({ host: { __proto__: null, a: 1 } })', { host: { a: 1 } }],
  [
    'error-subclass',
    'class Evil extends Error { get message() { for (const k in this); return "m" } get name() { return {} } } return await tools.echo(new Evil()).then((e) => e instanceof Error, (e) => e instanceof Error)',
    true,
  ],
  [
    'symbol-hooks',
    'const x = { [Symbol.toPrimitive]() { return "echo" }, [Symbol.toStringTag]: "Map", [Symbol.iterator]: null }; return Object.keys(await tools.echo(x).catch((e) => ({ [e.code]: 1 }))).length <= 1',
    true,
  ],
  [
    'array-with-prototype',
    'const a = [1]; Object.setPrototypeOf(a, { __proto__: Array.prototype, get length() { return 1e9 } }); return await tools.echo(a).then((x) => x.length, (e) => 1)',
    1,
  ],
  [
    'date-with-tricks',
    'const d = new Date(5); d.getTime = d.valueOf = d.toJSON = () => "forged"; return await tools.echo(d)',
    new Date(5),
  ],
  [
    'map-subclass',
    'class M extends Map { entries() { throw 1 } forEach() { throw 2 } get size() { return 1e9 } } const m = new M(); m.set(1, 2); return await tools.echo(m).then((x) => x.get(1), (e) => 2)',
    2,
  ],
  [
    'reply-listened',
    'const heard = []; for (const name of ["receive", "message", "onmessage", "dispatch"]) globalThis[name] = (x) => heard.push(x); await tools.echo(1); return heard',
    [],
  ],
  [
    'detached-buffer',
    'const bytes = new Uint8Array([1, 2, 3]); const back = await tools.echo({ bytes, get later() { bytes.buffer.transfer?.(); return 1 } }).catch((e) => e.code); return typeof back === "string" || [0, 3].includes(back.bytes.length)',
    true,
  ],
  [
    'array-that-shrinks',
    'const a = [1, { get x() { a.length = 1; return 1 } }, 3, 4]; const back = await tools.echo(a).catch((e) => e.code); return typeof back === "string" || back.length <= 4',
    true,
  ],
  [
    'map-that-grows',
    'const m = new Map(); let n = 0; m.set("a", { get x() { for (let i = 0; i < 100; i++) m.set("k" + n++, i); return 1 } }); const back = await tools.echo(m).catch((e) => e.code); return typeof back === "string" || back.get("a").x === 1',
    true,
  ],
  [
    'key-that-calls',
    'const key = { [Symbol.toPrimitive]() { tools.echo("within"); return "a" } }; return await tools.echo({ [key]: 1 })',
    { a: 1 },
  ],
  [
    'call-within-a-call',
    'let inner; const back = await tools.echo({ get a() { inner = tools.echo("inner"); return "outer" } }); return [back.a, await inner]',
    ['outer', 'inner'],
  ],
  [
    'shared-memory',
    'const bytes = new Uint8Array([1]); const copy = structuredClone(bytes, { transfer: [bytes.buffer] }); const back = await tools.echo(copy); back[0] = 8; return [typeof SharedArrayBuffer, bytes.length, copy[0]]',
    ['undefined', 0, 1],
  ],
  [
    'hidden-properties',
    'const o = { a: 1, [Symbol("s")]: 2 }; Object.defineProperty(o, "hidden", { value: 3 }); return await tools.echo(o)',
    { a: 1 },
  ],
  [
    'null-prototypes',
    'const o = Object.create(null); o.hasOwnProperty = 1; o.toString = null; o.valueOf = 0; return await tools.echo(o)',
    { hasOwnProperty: 1, toString: null, valueOf: 0 },
  ],
  [
    'async-stack',
    'const e = await tools.fail().catch((error) => error); return /file:|node:|node_modules|\\/(?:home|usr|work|tmp)\\//.test(String(e.stack))',
    false,
  ],
]

const asTools = {
  echo: (input: unknown) => input,
  fail: () => {
    throw new Error('failed')
  },
}

export const escapes: readonly ConformanceCase[] = [
  ...TAMPERING.map(
    ([id, code, value]): ConformanceCase => ({
      id: `escapes.tampering.${id}`,
      protects: `tampering does not change values that cross the boundary (${id.replaceAll('-', ' ')})`,
      run: async ({ run }) => returned(await run(code, { tools: { echo: (input: unknown) => input } }), value),
    }),
  ),
  ...HANDLES.map(
    ([id, handle]): ConformanceCase => ({
      id: `escapes.walk.${id}`,
      protects: `nothing reachable from a handle belongs to the host (${id.replaceAll('-', ' ')})`,
      run: async ({ run }) => {
        const host = globalThis as { canary?: string }
        host.canary = CANARY
        try {
          const result = await run(WALK(handle), { tools: asTools })
          assert.ok(result.ok, JSON.stringify(result))
          const { found, looked } = result.value as { found: string[]; looked: number }
          assert.deepEqual(found, [])
          assert.ok(looked > 0)
        } finally {
          delete host.canary
        }
      },
    }),
  ),
  ...REACHES.map(
    ([id, code, value]): ConformanceCase => ({
      id: `escapes.reach.${id}`,
      protects: `an attempt to reach the host yields only plain values (${id.replaceAll('-', ' ')})`,
      run: async ({ run }) => {
        returned(await run(code, { tools: asTools }), value)
        assert.equal(({} as { polluted?: unknown }).polluted, undefined)
      },
    }),
  ),
  {
    id: 'escapes.proxied-array',
    protects: 'an array with false indices cannot become a huge array on the host',
    run: async ({ run }) => {
      const code = `const liar = new Proxy([], {
          ownKeys: () => ['length', '4294967294'],
          getOwnPropertyDescriptor: (t, k) => (k === 'length' ? Reflect.getOwnPropertyDescriptor(t, k) : { value: 1, enumerable: true, configurable: true, writable: true }),
          get: (t, k) => (k === 'length' ? 0 : k === '4294967294' ? 1 : Reflect.get(t, k)),
        }); return liar`
      failed(await run(code), 'PROTOCOL_VIOLATION')
    },
  },
  {
    id: 'escapes.import-in-eval',
    protects: 'a program cannot load modules',
    run: async ({ run }) => {
      failed(await run('const load = async (x) => import(x); await load("node:fs")'), 'CODE_THREW')
    },
  },
  ...codeFromStrings,
  ...realms,
  ...toolData,
]
