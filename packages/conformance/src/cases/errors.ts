import assert from 'node:assert/strict'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

/** Thrown values and the expected message. */
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

/** Mistakes that engines word differently, with the common message and hint. */
const MISTAKES: readonly (readonly [id: string, code: string, message: string, hint?: RegExp])[] = [
  ['undefined-name', 'return usr.name', 'usr is not defined', /Tools are called as tools\.step/],
  ['member-of-undefined', 'const a = {}\nreturn a.b.c', "Cannot read properties of undefined (reading 'c')"],
  ['member-set', 'const a = {}\na.b.c = 1', "Cannot set properties of undefined (setting 'c')"],
  ['no-function', 'const a = { b: 1 }\nreturn a.b()', 'a.b is not a function'],
  ['constant', 'const a = 1\na = 2', 'Assignment to constant variable.'],
  [
    'hidden-namespace',
    'const tools = await tools.step()\nreturn tools',
    "Cannot access 'tools' before initialization",
    /hides the namespace tools/,
  ],
  ['missing-await', 'const a = tools.step()\nreturn a.map(String)', 'a.map is not a function', /Is an await missing\?/],
  ['network', 'return await fetch("https://example.org")', 'fetch is not defined', /no network/],
]

export const errors: readonly ConformanceCase[] = [
  ...MISTAKES.map(
    ([id, code, message, hint]): ConformanceCase => ({
      id: `errors.mistake.${id}`,
      protects: 'a mistake produces the same message on every engine, with its line and a hint',
      run: async ({ run }) => {
        const error = failed(await run(code, { tools: { step: () => 1 } }), 'CODE_THREW')
        assert.equal(error.message, message)
        assert.match(`${error.frame}`, new RegExp(`> +${error.line} \\| `))
        if (hint !== undefined) assert.match(`${error.hint}`, hint)
      },
    }),
  ),
  {
    id: 'errors.details',
    protects: 'an error is reported with its properties, its cause and its nested errors',
    run: async ({ run }) => {
      const thrown = 'Object.assign(new Error("bad", { cause: new TypeError("inner") }), { status: 404 })'
      const { details } = failed(await run(`throw ${thrown}`), 'CODE_THREW')
      assert.equal(details, '{ status: 404, [cause]: [TypeError: inner] }')
      const both = failed(
        await run('throw new AggregateError([new Error("a"), new RangeError("b")], "all")'),
        'CODE_THREW',
      )
      assert.match(`${both.details}`, /\[errors\]: \[ \[Error: a\], \[RangeError: b\] \]/)
      const plain = failed(await run('throw { status: 404, message: "gone" }'), 'CODE_THREW')
      assert.deepEqual([plain.name, plain.details], ['Thrown', "{ status: 404, message: 'gone' }"])
      assert.equal(failed(await run('throw new Error("x")'), 'CODE_THREW').details, undefined)
    },
  },
  {
    id: 'errors.tool',
    protects: 'a tool error names its tool, even if the program rethrows it',
    run: async ({ run }) => {
      const tools = {
        fail: () => {
          throw new Error('boom')
        },
      }
      const error = failed(
        await run('try { await tools.fail() } catch (error) { throw error }', { tools }),
        'TOOL_FAILED',
      )
      assert.deepEqual([error.tool, error.message], ['tools.fail', 'boom'])
    },
  },
  {
    id: 'errors.warnings',
    protects: 'a program that ignores failed calls receives a warning about them',
    run: async ({ run }) => {
      const tools = {
        fail: () => {
          throw new Error('boom')
        },
      }
      const code =
        '[1, 2].forEach(async (id) => { await tools.fail({ id }) })\nawait new Promise((r) => setTimeout(r, 200))\nreturn 1'
      const result = await run(code, { tools })
      returned(result, 1)
      assert.match(`${result.warnings}`, /rejected.*ToolError of tools\.fail: boom; ToolError of tools\.fail: boom/)
      const kept = 'const later = tools.fail()\nawait new Promise((r) => setTimeout(r, 200))\nreturn 1'
      const { warnings } = await run(kept, { tools })
      assert.match(`${warnings}`, /1 of the program's calls failed.*tools\.fail/)
      assert.equal((await run('return 1')).warnings, undefined)
    },
  },
  {
    id: 'errors.warnings-of-rejections',
    protects: 'a program receives the same warning about unhandled rejections on every engine',
    run: async ({ run }) => {
      const rejecting: readonly (readonly [code: string, text: string])[] = [
        ['Promise.reject(new RangeError("r"))', 'RangeError: r'],
        ['Promise.reject("text")', 'text'],
        ['const go = async () => null.x\ngo()', "TypeError: Cannot read properties of null (reading 'x')"],
        ['setTimeout(async () => { throw new Error("late") }, 1)', 'Error: late'],
        ['class A { async go() { throw new Error("m") } }\nnew A().go()', 'Error: m'],
        ['(async () => { await null; throw new Error("i") })()', 'Error: i'],
        ['Promise.resolve().then(() => { throw new Error("t") })', 'Error: t'],
      ]
      for (const [code, text] of rejecting) {
        const result = await run(`${code}\nawait new Promise((r) => setTimeout(r, 20))\nreturn 1`)
        returned(result, 1)
        assert.ok(`${result.warnings}`.includes(`did not handle that: ${text}. Await`), `${code}: ${result.warnings}`)
      }
      const handled =
        'const go = async () => { throw new Error("x") }\ngo().catch(() => {})\ntry { await go() } catch {}\nreturn 1'
      assert.equal((await run(handled)).warnings, undefined)
    },
  },
  {
    id: 'errors.unhandled-rejection',
    protects: 'an unhandled rejection does not end the program on any engine',
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
    protects: 'an error points to the line and the approximate column in the original program',
    run: async ({ run }) => {
      const error = failed(await run('const a = 1\n\n  throw new TypeError("bad")\n'), 'CODE_THREW')
      assert.deepEqual([error.name, error.message, error.line], ['TypeError', 'bad', 3])
      assert.ok((error.column ?? 0) >= 3 && (error.column ?? 0) <= 22)
    },
  },
  {
    id: 'errors.position.function',
    protects: "the stack names the program's functions and no files of the host",
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
    protects: 'positions are correct in programs with types that need rewriting',
    run: async ({ run }) => {
      assert.equal(failed(await run('enum A { X }\nconst y: A = A.X\n\nnull.x'), 'CODE_THREW').line, 4)
    },
  },
  ...THROWN.map(
    ([id, expression, message]): ConformanceCase => ({
      id: `errors.thrown.${id}`,
      protects: `a thrown value is reported like any other failure (${id.replaceAll('-', ' ')})`,
      run: async ({ run }) => {
        assert.match(failed(await run(`throw ${expression}`), 'CODE_THREW').message, message)
      },
    }),
  ),
  {
    id: 'errors.stack-forged',
    protects: 'a forged stack does not name files of the host',
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
    protects: 'a forged stack with impossible or very long positions is left out',
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
    protects: 'a call fails without harm to the host, whatever the tool throws',
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
