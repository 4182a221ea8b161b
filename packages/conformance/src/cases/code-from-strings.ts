import { failed, returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

/** Source text that sets a global if it runs. */
const MARK = '"globalThis.ran = true"'

/** Attempts to evaluate a string without naming `eval` or `Function` directly. None may run the string. */
const WAYS: readonly (readonly [id: string, attempt: string])[] = [
  ['subclass', `class F extends Function { constructor(text) { super(text) } }; new F(${MARK})()`],
  ['construct', `Reflect.construct(Function, [${MARK}], Object)()`],
  ['apply', `Reflect.apply(Function, undefined, [${MARK}])()`],
  ['bound', `Function.bind(null, ${MARK})()()`],
  ['callback', `[${MARK}].map(Function).forEach((f) => f())`],
  ['async-generator', `Object.getPrototypeOf(async function* () {}).constructor(${MARK})().next()`],
  ['async', `await Object.getPrototypeOf(async () => {}).constructor(${MARK})()`],
  ['method', `({ method() {} }).method.constructor(${MARK})()`],
  ['getter', `Object.getOwnPropertyDescriptor(Map.prototype, 'size').get.constructor(${MARK})()`],
  ['tool', `tools.step.constructor(${MARK})()`],
  ['tool-error', `await tools.fail().catch((error) => error.constructor.constructor(${MARK})())`],
  ['timer', `setTimeout.constructor(${MARK})()`],
  ['resolver', `new Promise((resolve) => resolve.constructor(${MARK})())`],
  ['proxy', `new Proxy(function () {}, {}).constructor(${MARK})()`],
  ['indirect-eval', `(0, eval)(${MARK})`],
  ['eval-later', `await Promise.resolve(${MARK}).then(eval)`],
  ['string-timers', `setTimeout(${MARK}, 0)`],
  ['string-microtask', `queueMicrotask(${MARK})`],
  ['listener', `new EventTarget().addEventListener('x', ${MARK})`],
  ['sort', `[2, 1].sort(${MARK})`],
  ['reviver', `JSON.parse('[1]', ${MARK})`],
]

/** Syntax that programs must not contain, because they are strict modules without imports. */
const SLOPPY: readonly (readonly [id: string, code: string])[] = [
  ['with', 'with ({ a: 1 }) { a }'],
  ['octal', 'return 010'],
  ['delete-name', 'let a = 1; delete a'],
  ['arguments-assigned', 'arguments = 1'],
  ['import-meta', 'return import.meta.url'],
  ['await-import-attributes', 'import data from "./secrets.json" with { type: "json" }'],
]

export const codeFromStrings: readonly ConformanceCase[] = [
  ...WAYS.map(
    ([id, attempt]): ConformanceCase => ({
      id: `escapes.code.${id}`,
      protects: `a string cannot be evaluated as code (${id.replaceAll('-', ' ')})`,
      run: async ({ run }) => {
        const code = `try { ${attempt} } catch {} await new Promise((r) => setTimeout(r, 2)); return typeof ran`
        const fail = () => {
          throw new Error('failed')
        }
        returned(await run(code, { tools: { step: () => 1, fail } }), 'undefined')
      },
    }),
  ),
  ...SLOPPY.map(
    ([id, code]): ConformanceCase => ({
      id: `escapes.sloppy.${id}`,
      protects: `unsupported syntax is rejected (${id.replaceAll('-', ' ')})`,
      run: async ({ run }) => {
        failed(await run(code), 'CODE_SYNTAX')
      },
    }),
  ),
  {
    id: 'escapes.sloppy.callers',
    protects: 'a function exposes neither its caller nor a global `this`',
    run: async ({ run }) => {
      const code = `const seen = []
        const reach = (look) => { try { seen.push(look() ?? null) } catch (error) { seen.push(error.name) } }
        function inner() { return [() => arguments.callee, () => inner.caller, () => inner.arguments] }
        for (const look of inner()) reach(look)
        seen.push(typeof (function () { return this })())
        const sorter = [2, 1]; sorter.sort(function () { seen.push(typeof this); return 0 })
        return seen`
      returned(await run(code), ['TypeError', 'TypeError', 'TypeError', 'undefined', 'undefined'])
    },
  },
  {
    id: 'escapes.import.specifiers',
    protects: '`import()` loads nothing, whatever the scheme, prefix or attribute',
    run: async ({ run }) => {
      const code = `const seen = []
        for (const name of ['http://127.0.0.1/x.js', 'https://example.org/x.js', 'data:text/javascript,export default 1', 'file:///etc/passwd', 'node:child_process', 'cloudflare:sockets', 'cloudflare:workers', 'std', 'os', './program.js', '']) {
          await import(name).then(() => seen.push(name), () => {})
        }
        await import('data:application/json,1', { with: { type: 'json' } }).then(() => seen.push('attributes'), () => {})
        await import({ toString() { throw 1 } }).then(() => seen.push('object'), () => {})
        return seen`
      returned(await run(code), [])
    },
  },
]
