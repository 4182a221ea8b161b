import assert from 'node:assert/strict'
import { returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

/** Source of `foreign(value)`, which checks whether the prototype chain of a value leaves the realm of the guest. */
const OWN = `
const own = new Set()
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const value = globalThis[name]
  own.add(value)
  if (typeof value === 'function' && value.prototype) own.add(value.prototype)
}
for (const sample of [async () => {}, function* () {}, async function* () {}, [].values(), new Map().keys(), new Set().keys()]) {
  for (let at = Object.getPrototypeOf(sample); at !== null; at = Object.getPrototypeOf(at)) own.add(at)
}
const foreign = (value) => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype !== null && !own.has(prototype) && foreign(prototype)
}
`

/** Invalid uses of built-ins. Their errors come from the guest runtime, or from the host if a host object leaks. */
const REFUSALS: readonly string[] = [
  'tools.fail()',
  'tools.missing()',
  'tools.echo(() => {})',
  'tools.echo(1, 2)',
  'tools.echo(Symbol())',
  'fetch("http://127.0.0.1")',
  'import("x")',
  'require("fs")',
  'process.exit()',
  '(1).toLocaleString("not a locale")',
  'new Intl.NumberFormat("en", { style: "currency" })',
  'Intl.PluralRules()',
  'Buffer.alloc(-1)',
  'crypto.createHash("none")',
  'new URLPattern("(")',
  'eval("1")',
  'Function("1")',
  'setTimeout("x")',
  'queueMicrotask(1)',
  'structuredClone(() => {})',
  'new URL("::")',
  'new URLSearchParams([[1]])',
  'atob("*")',
  'btoa("\\u20ac")',
  'new TextDecoder("none")',
  'crypto.getRandomValues(1)',
  'crypto.getRandomValues(new Uint8Array(70_000))',
  'AbortSignal.abort().throwIfAborted()',
  'new EventTarget().dispatchEvent(1)',
  'new Date(NaN).toISOString()',
  'JSON.parse("{")',
  'new ArrayBuffer(-1)',
  'null.x',
  'Object.defineProperty(tools, "x", { value: 1 })',
  'Object.setPrototypeOf(tools, {})',
  'new tools.echo()',
]

const tools = {
  echo: (input: unknown) => input,
  fail: () => {
    throw new TypeError('failed')
  },
}

const probe = (id: string, protects: string, code: string, value: unknown): ConformanceCase => ({
  id: `escapes.realm.${id}`,
  protects,
  run: async ({ run }) => {
    returned(await run(code, { tools, limits: { cpuTimeMs: 20_000 } }), value)
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  },
})

/** Attempts to obtain an object of another realm, whose constructors would lead to the host. */
export const realms: readonly ConformanceCase[] = [
  probe(
    'errors',
    "every error that the runtime creates belongs to the guest's realm",
    `${OWN}const found = []
      for (const [index, attempt] of [${REFUSALS.map((text) => `async () => ${text}`).join(', ')}].entries()) {
        try { await attempt() } catch (error) { if (foreign(error) || !(error instanceof Error)) found.push(index) }
      }
      return found`,
    [],
  ),
  probe(
    'outputs',
    "tool outputs are created by constructors of the guest's realm",
    `${OWN}const value = [{}, [], new Map(), new Set(), new Date(1), /a/, new Error('x'), new RangeError('y'), new Uint8Array(1), new DataView(new ArrayBuffer(1)), new ArrayBuffer(1), Object(1), Object('s'), Object(true), Object(1n)]
      const back = await tools.echo(value)
      return back.filter((one, i) => foreign(one) || Object.getPrototypeOf(one) !== Object.getPrototypeOf(value[i])).length`,
    0,
  ),
  probe(
    'promises',
    "a tool call returns a promise of the guest's realm without extra properties",
    `${OWN}const call = tools.echo(1)
      const seen = [foreign(call), call.constructor === Promise, Reflect.ownKeys(call).length]
      await call; return seen`,
    [false, true, 0],
  ),
  probe(
    'overflow',
    "a stack overflow within the runtime throws an error of the guest's realm",
    `${OWN}let left = 0, seen = 0
      const found = []
      const keep = (error) => { seen++; if (foreign(error) || !(error instanceof Error)) found.push(String(error)) }
      // The last frames before the end of the stack, each with a little less room for what the leaf does.
      const deep = (leaf) => {
        try { deep(leaf) } catch (error) {
          keep(error)
          if (left-- <= 0) return
          try { leaf() } catch (inner) { keep(inner) }
          throw error
        }
      }
      for (const leaf of [() => tools.echo({ a: [1] }).catch(keep), () => console.log({ a: 1 }), () => structuredClone(new Map([[1, 2]])), () => new URL('http://a/'), () => setTimeout(() => {}, 1), () => crypto.randomUUID()]) {
        left = 60
        deep(leaf)
      }
      return [found, seen > 300]`,
    [[], true],
  ),
  probe(
    'callbacks',
    "the arguments of callbacks belong to the guest's realm",
    `${OWN}const got = []
      await new Promise((resolve) => setTimeout((...all) => { got.push(...all); resolve() }, 1, 'x'))
      const target = new EventTarget(); target.addEventListener('x', function (event) { got.push(this, event, event.target) }); target.dispatchEvent(new Event('x'))
      const controller = new AbortController(); controller.signal.onabort = function (event) { got.push(this, event) }; controller.abort(); got.push(controller.signal.reason)
      await Array.fromAsync([1], (x) => got.push(x)); new Promise((...all) => got.push(...all))
      for (const [key, value] of new URLSearchParams('a=1')) got.push(key, value)
      return got.filter(foreign).length`,
    0,
  ),
  probe(
    'throwing-proxies',
    'a proxy whose traps all throw does not harm the runtime',
    `const traps = Object.fromEntries(Object.getOwnPropertyNames(Reflect).filter((key) => typeof Reflect[key] === 'function').map((key) => [key, () => { throw new Error('trap ' + key) }]))
      const p = new Proxy(function () {}, traps)
      for (const attempt of [() => tools.echo(p), () => tools.echo({ p }), () => tools.echo(new Map([[p, p]])), () => console.log(p, { p }, [p]), () => console.table(p), () => structuredClone(p), () => new URL(p), () => new URLSearchParams(p), () => AbortSignal.any(p), () => crypto.getRandomValues(p), () => new CustomEvent('x', p), () => new TextEncoder().encode(p), () => tools[p], () => new Error('', p), () => Object.assign(tools, p)]) {
        try { await attempt() } catch {}
      }
      await new Promise((r) => setTimeout(r, 5))
      return await tools.echo('next')`,
    'next',
  ),
  probe(
    'traps-see-no-host',
    "traps and getters receive only objects of the guest's realm",
    `${OWN}const got = []
      const spy = (target) => new Proxy(target, Object.fromEntries(Object.getOwnPropertyNames(Reflect).filter((key) => typeof Reflect[key] === 'function').map((key) => [key, (...all) => { got.push(...all); const result = Reflect[key](...all); got.push(result); return result }])))
      await tools.echo(spy({ a: spy([1]), b: { get c() { got.push(this); return 1 } } }))
      try { structuredClone(spy(new Map())) } catch {}
      console.log(spy({ a: 1 })); await spy({ then: undefined })
      return [got.length > 10, got.filter(foreign).length]`,
    [true, 0],
  ),
  probe(
    'thenables',
    "a thenable receives resolvers of the guest's realm and may call them repeatedly",
    `${OWN}const got = []
      const thenable = { then(...all) { got.push(...all, this); for (let i = 0; i < 3; i++) { all[0](i); all[1](i) } } }
      const seen = [await thenable, await Promise.race([thenable]), await Promise.resolve(1).then(() => thenable)]
      return [seen, got.filter(foreign).length]`,
    [[0, 0, 0], 0],
  ),
  probe(
    'tool-membrane',
    'a tool is a plain function that reveals only its name, and works however it is called',
    `const { echo } = tools
      const seen = [Reflect.ownKeys(echo).sort().join(), typeof echo.prototype, /secret|execute|host/.test(String(echo)), echo === tools.echo]
      seen.push(await echo.call(null, 1), await echo.apply({}, [2]), await echo.bind(5)(3), await Reflect.apply(echo, undefined, [4]), await [5].map((x) => echo(x))[0])
      return seen`,
    ['length,name', 'undefined', false, true, 1, 2, 3, 4, 5],
  ),
  probe(
    'namespace-membrane',
    'the tool namespace cannot be changed or given another prototype',
    `const seen = []
      for (const attempt of [() => Reflect.set(tools, 'echo', 1), () => Reflect.deleteProperty(tools, 'echo'), () => Reflect.defineProperty(tools, 'other', { value: 1 }), () => Reflect.setPrototypeOf(tools, { echo: 1 }), () => Reflect.ownKeys(tools).sort().join(), () => Reflect.getPrototypeOf(tools)]) seen.push(attempt())
      Object.prototype.evil = 1; Object.prototype.echo = () => 'forged'
      return [...seen, await tools.echo(1)]`,
    [false, false, false, false, 'echo,fail', null, 1],
  ),
  probe(
    'stack-of-tools',
    "an error's stack contains no frame of the runtime, even if the program sets the engine's stack hooks",
    `Object.prototype.prepareStackTrace = (_, sites) => sites; Function.prototype.prepareStackTrace = Object.prototype.prepareStackTrace
      class Mine extends Error { static prepareStackTrace(_, sites) { return sites } static stackTraceLimit = Infinity }
      const errors = [new Mine('x'), await tools.fail().catch((e) => e)]
      try { structuredClone(() => {}) } catch (error) { errors.push(error) }
      return errors.filter(({ stack }) => typeof stack !== 'string' || /node:|file:|\\/(?:src|dist|node_modules)\\//.test(stack)).length`,
    0,
  ),
]
