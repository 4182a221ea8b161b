import assert from 'node:assert/strict'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

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

export const errors: readonly ConformanceCase[] = [
  {
    id: 'errors.unhandled-rejection',
    protects: 'a promise that fails and that nobody waits for ends no program, on any engine',
    run: async ({ run }) => {
      const codes = [
        'Promise.reject(new Error("a")); return 1',
        'Promise.reject(new Error("a")); await null; return 1',
        '(async () => { throw new Error("b") })(); await tools.step(); return 1',
        'import("x"); await new Promise((r) => setTimeout(r, 5)); return 1',
        'const late = Promise.reject(1); setTimeout(() => late.catch(() => {}), 1); await new Promise((r) => setTimeout(r, 5)); return 1',
      ]
      for (const code of codes) returned(await run(code, { tools: { step: () => 1 } }), 1)
    },
  },
  {
    id: 'errors.position.thrown',
    protects: "an error points at the line and near the column of the model's own text",
    run: async ({ run }) => {
      const error = failed(await run('const a = 1\n\n  throw new TypeError("bad")\n'), 'CODE_THREW')
      assert.deepEqual([error.name, error.message, error.line], ['TypeError', 'bad', 3])
      assert.ok((error.column ?? 0) >= 3 && (error.column ?? 0) <= 22)
    },
  },
  {
    id: 'errors.position.function',
    protects: "the stack names the program's functions and no file of the host",
    run: async ({ run }) => {
      const error = failed(
        await run('function inner() {\n  null.x\n}\nfunction outer() {\n  inner()\n}\nouter()'),
        'CODE_THREW',
      )
      const frames = (error.stack ?? '').split('\n')
      assert.match(frames[0] ?? '', /^at inner \(program\.js:2:\d+\)$/)
      assert.match(frames[1] ?? '', /^at outer \(program\.js:5:\d+\)$/)
      assert.doesNotMatch(error.stack ?? '', /\/|node:/)
    },
  },
  {
    id: 'errors.position.rewritten',
    protects: 'positions stay true where types had to be rewritten',
    run: async ({ run }) => {
      assert.equal(failed(await run('enum A { X }\nconst y: A = A.X\n\nnull.x'), 'CODE_THREW').line, 4)
    },
  },
  ...THROWN.map(
    ([id, expression, message]): ConformanceCase => ({
      id: `errors.thrown.${id}`,
      protects: `throwing ${id.replaceAll('-', ' ')} is a failure like any other`,
      run: async ({ run }) => {
        assert.match(failed(await run(`throw ${expression}`), 'CODE_THREW').message, message)
      },
    }),
  ),
  {
    id: 'errors.stack-forged',
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
    id: 'errors.stack-positions',
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
    id: 'errors.tool-throws-anything',
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
]
