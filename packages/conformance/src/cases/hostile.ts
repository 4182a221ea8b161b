import assert from 'node:assert/strict'
import { failed, returned } from '../assert.ts'
import { countBeats } from '../beats.ts'
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
    id: 'hostile.open-bytes',
    protects: 'the inputs of open calls together are bounded, whatever the number of calls',
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
    id: 'hostile.proxied-array',
    protects: 'an array that lies about its indices cannot become an endless one on the host',
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
    id: 'hostile.numeric-keys',
    protects:
      "keys that collide in the host's tables cannot be sent by the ten thousand; V8 does not seed the hash of numbers",
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
    id: 'hostile.regular-expressions',
    protects: 'regular expressions that take long to compile do not reach the host',
    run: async ({ run }) => {
      failed(await run('return new RegExp("[" + "\\\\p{L}".repeat(5_000) + "]", "u")'), 'VALUE_NOT_SERIALIZABLE')
      failed(await run('return Array.from({ length: 3_000 }, () => /ab/iu)'), 'VALUE_NOT_SERIALIZABLE')
    },
  },
  {
    id: 'hostile.tool-throws-anything',
    protects: 'whatever a tool throws, the call fails and the host stays',
    run: async ({ run }) => {
      const trap = new Proxy({}, { get: () => assert.fail('a trap'), getPrototypeOf: () => assert.fail('a trap') })
      const tools = {
        assigned: (input: object) => {
          throw Object.assign(new Error('x'), input)
        },
        getter: () => {
          throw Object.defineProperty(new Error(), 'message', { get: () => assert.fail('a getter') })
        },
        proxy: () => {
          throw trap
        },
        long: () => {
          throw new Error('x'.repeat(1_000_000))
        },
      }
      const code = `const seen = []
        for (const call of [() => tools.assigned({ message: 1n }), () => tools.assigned({ message: { deep: [1] } }), tools.getter, tools.proxy, tools.long]) {
          await call().catch((e) => seen.push([e.code, typeof e.message, e.message.length < 20_000]))
        }
        return seen`
      returned(
        await run(code, { tools }),
        Array.from({ length: 5 }, () => ['TOOL_FAILED', 'string', true]),
      )
    },
  },
  {
    id: 'hostile.short-turns',
    protects: 'many short turns do not escape the limit of CPU time',
    run: async ({ run }) => {
      const code =
        'const s = "\\u0344".repeat(300_000); for (let i = 0; i < 5_000; i++) { s.normalize("NFD"); await new Promise((r) => setTimeout(r, 1)) }'
      failed(await run(code, { limits: { cpuTimeMs: 300 } }), 'LIMIT_CPU')
    },
  },
  {
    id: 'hostile.stack-positions',
    protects: 'a forged stack with impossible or endless positions is only left out',
    run: async ({ run }) => {
      for (const stack of [
        'at f (program.js:0:1)',
        'at f (program.js:1e9:1)',
        'at f (program.js:99999999999999999999:1)',
        'at LONG (program.js:1:1)',
      ]) {
        const result = await run(
          `enum A { X }\nexport default () => { const e = new Error('x'); e.stack = ${JSON.stringify(stack)}.replace('LONG', 'a'.repeat(2_000_000)); throw e }`,
        )
        assert.ok((failed(result, 'CODE_THREW').stack ?? '').length < 1_000)
      }
    },
  },
  {
    id: 'hostile.hints',
    protects: 'asking for tools that are not there costs the host little',
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
