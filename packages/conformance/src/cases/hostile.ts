import assert from 'node:assert/strict'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

/** Programs that break what the runtime stands on, and must still come to their own value or end. */
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
  ['thenable-result', 'return { then(resolve) { resolve("inner") } }', 'inner'],
]

/** What may be thrown, and how it is described. */
const THROWN: readonly (readonly [id: string, expression: string, message: RegExp])[] = [
  ['null', 'null', /^null$/],
  ['undefined', 'undefined', /^undefined$/],
  ['string', '"text"', /^text$/],
  ['number', '42', /^42$/],
  ['object', '({ a: 1 })', /^\{ a: 1 \}$/],
  ['symbol', 'Symbol("s")', /^Symbol\(s\)$/],
  ['function', '() => {}', /Function/],
  ['proxy', 'new Proxy({}, { get() { throw 1 }, has() { throw 2 }, getPrototypeOf() { throw 3 } })', /./],
  ['lying-error', 'Object.assign(new Error("m"), { name: { toString() { throw 1 } }, stack: 5 })', /./],
  ['error-getter', 'Object.defineProperty(new Error("m"), "message", { get() { throw 1 } })', /./],
]

export const hostile: readonly ConformanceCase[] = [
  ...TAMPERING.map(
    ([id, code, value]): ConformanceCase => ({
      id: `hostile.tampering.${id}`,
      protects: `overwriting ${id.replaceAll('-', ' ')} changes nothing that crosses the wall`,
      run: async ({ run }) => returned(await run(code, { tools: { echo: (input: unknown) => input } }), value),
    }),
  ),
  ...THROWN.map(
    ([id, expression, message]): ConformanceCase => ({
      id: `hostile.thrown.${id}`,
      protects: `throwing ${id.replaceAll('-', ' ')} is a failure like any other`,
      run: async ({ run }) => {
        assert.match(failed(await run(`throw ${expression}`), 'CODE_THREW').message, message)
      },
    }),
  ),
  {
    id: 'hostile.stack-forged',
    protects: 'a forged stack names no file of the host',
    run: async ({ run }) => {
      const error = failed(
        await run(
          'const e = new Error("x"); e.stack = "at secret (/etc/passwd:1:1)\\n    at f (program.js:1:2)\\n" + "at x (program.js:9:9)\\n".repeat(1000); throw e',
        ),
        'CODE_THREW',
      )
      assert.doesNotMatch(error.stack ?? '', /passwd/)
      assert.ok((error.stack ?? '').split('\n').length <= 20)
    },
  },
  {
    id: 'hostile.log-flood',
    protects: 'a 100 MB log costs its limit',
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
    id: 'hostile.call-flood',
    protects: 'a flood of calls in one turn ends the program, and the host stays well',
    run: async ({ run }) => {
      const result = await run('for (let i = 0; i < 1e6; i++) tools.a({ i }); await null', {
        tools: { a: () => 1 },
        limits: { hostCalls: 100, cpuTimeMs: 5_000 },
      })
      assert.ok(
        !result.ok &&
          ['LIMIT_HOST_CALLS', 'LIMIT_MESSAGE_SIZE', 'LIMIT_MEMORY', 'LIMIT_CPU'].includes(result.error.code),
        JSON.stringify(result).slice(0, 300),
      )
      returned(await run('return "next"'), 'next')
    },
  },
  {
    id: 'hostile.sparse-result',
    protects: "a result that is all holes does not make the host's work explode",
    run: async ({ run }) => {
      failed(await run('const a = []; a.length = 2 ** 32 - 1; return a'), 'VALUE_NOT_SERIALIZABLE')
    },
  },
  {
    id: 'hostile.import-in-eval',
    protects: 'no way of loading a module is left',
    run: async ({ run }) => {
      failed(await run('const load = async (x) => import(x); await load("node:fs")'), 'CODE_THREW')
    },
  },
]
