import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { createCodeMode } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase, TestContext } from '../case.ts'

const SECRET = 'a secret that only the host has'

/** Globals by which platforms give access to the network, files, threads or storage. Programs must not find any. */
const CHANNELS: readonly (readonly [id: string, names: string])[] = [
  [
    'network',
    'XMLHttpRequest WebSocket WebSocketStream EventSource WebTransport Request Response Headers FormData navigator RTCPeerConnection Image importScripts connect',
  ],
  [
    'storage',
    'caches indexedDB localStorage sessionStorage cookieStore document location File FileReader Blob FileSystemHandle showOpenFilePicker',
  ],
  [
    'threads',
    'Worker SharedWorker ServiceWorker MessageChannel MessagePort BroadcastChannel postMessage Atomics SharedArrayBuffer WebAssembly onmessage',
  ],
  [
    'runtimes',
    'Deno Bun module exports __dirname __filename window WorkerGlobalScope HTMLRewriter WebSocketPair env ctx',
  ],
  ['observers', 'WeakRef FinalizationRegistry gc PerformanceObserver PerformanceEntry ReportingObserver reportError'],
]

/** Attempts to read data of the host process. Each must yield nothing. */
const PROCESS: readonly (readonly [id: string, attempt: string])[] = [
  ['environment', 'process.env.PATH'],
  ['reflected-environment', 'Reflect.get(process, "env").HOME'],
  ['listed-environment', 'Object.entries(process.env).concat(Reflect.ownKeys(process.env))[0]'],
  ['other-members', 'Reflect.ownKeys(process)[1]'],
  ['binding', 'process.binding("fs")'],
  ['built-in-module', 'process.getBuiltinModule("fs")'],
  ['main-module', 'process.mainModule.require("fs")'],
  ['require', 'require("child_process").execSync("id")'],
  ['require-constructor', 'require.main ?? require.cache'],
  ['arguments', 'process.argv.length && process.cwd()'],
]

/** Arguments for `fetch`. Each call must fail before anything is sent. */
const REQUESTS = [
  '"http://127.0.0.1:1/"',
  '"https://example.org/?" + 1',
  '"data:text/plain,x"',
  '"file:///etc/passwd"',
  '"//[::1]/"',
  'new URL("http://a.test/")',
  '{ url: "http://a.test/", method: "POST" }',
  '',
]

const leak = (id: string, protects: string, run: (context: TestContext) => Promise<void>): ConformanceCase => ({
  id: `exfiltration.${id}`,
  protects,
  run,
})

/** Source of a function that collects all text reachable from a value by properties and prototypes. */
const TEXTS = `const texts = (root) => {
  const seen = new Set(), found = [], pending = [root]
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value === 'string' || typeof value === 'symbol') found.push(String(value))
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value) || seen.size > 20_000) continue
    seen.add(value)
    if (typeof value === 'function') found.push(Function.prototype.toString.call(value))
    pending.push(Reflect.getPrototypeOf(value))
    for (const key of Reflect.ownKeys(value)) { found.push(String(key)); try { pending.push(value[key]) } catch {} }
  }
  return found.join('\\n')
}
`

export const exfiltration: readonly ConformanceCase[] = [
  ...CHANNELS.map(([id, names]) =>
    leak(`absent.${id}`, `a program finds no global of a platform's ${id}, own or inherited`, async ({ run }) => {
      const code = `return ${JSON.stringify(names.split(' '))}.filter((name) => name in globalThis || Reflect.get(globalThis, name) !== undefined)`
      returned(await run(code), [])
    }),
  ),
  ...PROCESS.map(([id, attempt]) =>
    leak(
      `process.${id}`,
      `a program reads no data of the host process (${id.replaceAll('-', ' ')})`,
      async ({ run }) => {
        const code = `try { const got = await (${attempt}); return got === undefined || got === null ? 'nothing' : got } catch (error) { return error instanceof Error ? 'nothing' : error }`
        returned(await run(code), 'nothing')
      },
    ),
  ),
  leak('requests', 'a program cannot send requests, whatever the scheme and the form', async ({ run }) => {
    const code = `const seen = []
      for (const attempt of [${REQUESTS.map((text) => `() => fetch(${text})`).join(', ')}]) {
        try { await attempt(); seen.push('sent') } catch (error) { seen.push(error instanceof ReferenceError) }
      }
      return seen`
    returned(
      await run(code),
      REQUESTS.map(() => true),
    )
  }),
  leak(
    'clocks',
    'clocks and event timestamps do not reveal how long a computation took within a turn',
    async ({ run }) => {
      const code = `const look = () => [Date.now(), performance.now(), new Date().getTime(), Date(), new Event('x').timeStamp, performance.timeOrigin, new CustomEvent('y').timeStamp].join()
      const before = look()
      for (let i = 0; i < 2e5; i++) Math.sqrt(i)
      await null; await Promise.all([1, 2]); queueMicrotask(() => {})
      return look() === before`
      returned(await run(code, { limits: { cpuTimeMs: 20_000 } }), true)
    },
  ),
  leak(
    'persistence',
    'a program finds nothing that an earlier program left behind, wherever it was left',
    async ({ run }) => {
      const code = `const found = []
      const holders = [globalThis, Object.prototype, Array.prototype, Function.prototype, Promise, Map.prototype, console, crypto, JSON, Math, setTimeout, Error, Symbol.iterator.constructor, Object.getPrototypeOf(async () => {}), Object.getPrototypeOf([].values()), AbortSignal.prototype, URL.prototype, performance]
      for (const [index, holder] of holders.entries()) {
        if (Object.hasOwn(holder, 'planted')) found.push(index)
        try { Object.defineProperty(holder, 'planted', { value: 'here', configurable: true }) } catch {}
      }
      setInterval(() => { globalThis.planted = 1 }, 1); new AbortController().signal.addEventListener('abort', () => {})
      return found`
      for (let round = 0; round < 6; round++) returned(await run(code), [])
    },
  ),
  leak('chance', 'the random values of one program do not repeat in another', async ({ run }) => {
    const drawn = new Set<unknown>()
    for (let round = 0; round < 6; round++) {
      const result = await run(
        'return [Math.random(), crypto.randomUUID(), crypto.getRandomValues(new Uint32Array(1))[0]]',
      )
      assert.ok(result.ok, JSON.stringify(result))
      for (const value of result.value as unknown[]) drawn.add(value)
    }
    assert.equal(drawn.size, 18)
  }),
  leak('after-the-end', 'timers and promises of a program that has ended cannot call tools', async ({ run }) => {
    let ran = 0
    const code = `setTimeout(() => tools.send(1), 1); setInterval(() => tools.send(2), 1)
      const spin = async () => { for (;;) { await new Promise((r) => setTimeout(r, 1)); tools.send(3) } }; spin()
      return 'ended'`
    returned(await run(code, { tools: { send: () => ++ran } }), 'ended')
    await delay(50)
    assert.equal(ran, 0)
  }),
  leak(
    'error-properties',
    'a program sees the message of an error that a tool throws, but none of its other properties',
    async ({ run }) => {
      const fail = () => {
        const cause = new Error(SECRET, { cause: { token: SECRET } })
        throw Object.assign(new AggregateError([cause], 'denied', { cause }), {
          code: SECRET,
          config: { headers: { authorization: SECRET } },
          response: { data: SECRET },
          stack: SECRET,
          toString: () => SECRET,
        })
      }
      const code = `${TEXTS}const error = await tools.fail().catch((e) => e); return [error.message, texts(error)]`
      const result = await run(code, { tools: { fail } })
      assert.ok(result.ok, JSON.stringify(result))
      const [message, all] = result.value as [string, string]
      assert.equal(message, 'denied')
      assert.ok(!all.includes(SECRET), all.slice(0, 1_000))
      assert.ok(!JSON.stringify(result).includes(SECRET))
    },
  ),
  leak(
    'output-properties',
    'a program sees of a tool output only what the codec encodes, without hidden properties',
    async ({ run }) => {
      const get = () => {
        const output = { shown: new Error('shown', { cause: 'cause' }), list: [1], [Symbol(SECRET)]: SECRET }
        Object.defineProperty(output, 'hidden', { value: SECRET })
        Object.assign(output.shown, { config: SECRET, stack: `Error: ${SECRET}\n    at ${SECRET}` })
        return output
      }
      const code = `${TEXTS}const output = await tools.get(); return [output.shown.cause, texts(output)]`
      const result = await run(code, { tools: { get } })
      assert.ok(result.ok, JSON.stringify(result))
      const [cause, all] = result.value as [string, string]
      assert.equal(cause, 'cause')
      assert.ok(!all.includes(SECRET), all.slice(0, 1_000))
    },
  ),
  leak(
    'context',
    "a program cannot see the host's context or the schemas, descriptions and source of tools",
    async ({ sandbox }) => {
      const seen: unknown[] = []
      const look = {
        description: SECRET,
        inputSchema: { type: 'object', description: SECRET, default: { token: SECRET } },
        execute: (_: unknown, { context }: { context?: unknown }) => {
          seen.push(context)
          return 1
        },
      }
      await using codeMode = await createCodeMode({ sandbox, tools: { look } })
      const code = `${TEXTS}await tools.look({}); return texts([globalThis, tools, tools.look, tools.look({}), Object.getOwnPropertyDescriptors(tools)])`
      const result = await codeMode.execute(code, { context: SECRET, limits: { cpuTimeMs: 20_000 } })
      assert.ok(result.ok, JSON.stringify(result).slice(0, 300))
      assert.ok(!(result.value as string).includes(SECRET))
      assert.ok(seen.length >= 1 && seen.every((context) => context === SECRET))
    },
  ),
  leak('other-tools', 'a program cannot call the tools of a concurrent program', async ({ run }) => {
    let taken = 0
    const other = run('await new Promise((r) => setTimeout(r, 100)); return await tools.mine(1)', {
      tools: { mine: () => 'mine', secret: () => ++taken },
    })
    const code = `const seen = []
      for (const name of ['secret', 'mine', 'tools.secret', '../tools.secret', '__proto__.secret']) seen.push(await tools[name]({}).catch((e) => e.code))
      return seen`
    returned(await run(code, { tools: { own: () => 1 } }), Array(5).fill('TOOL_NOT_FOUND'))
    returned(await other, 'mine')
    assert.equal(taken, 0)
  }),
  leak(
    'failed-results',
    'a failure contains only text and positions of the program, and nothing of the host',
    async ({ run }) => {
      for (const code of [
        'null.x',
        'await tools.fail()',
        'new Array(-1)',
        'structuredClone(() => {})',
        'await import("fs")',
        'new URL("x")',
      ]) {
        const fail = () => {
          throw Object.assign(new Error('denied'), { stack: SECRET })
        }
        const result = await run(code, { tools: { fail } })
        assert.ok(!result.ok)
        assert.doesNotMatch(JSON.stringify(result.error), /secret|file:|node:|node_modules|\/(?:src|dist|tmp|home)\//)
      }
    },
  ),
  leak('unserializable', 'an error about a value names the path in it, but none of its contents', async ({ run }) => {
    const make = () => ({ token: SECRET, handler: () => SECRET })
    const code = 'return await tools.make().catch((error) => [error.code, error.message])'
    const result = await run(code, { tools: { make } })
    assert.ok(result.ok, JSON.stringify(result))
    assert.equal((result.value as string[])[0], 'TOOL_OUTPUT_INVALID')
    assert.ok(!JSON.stringify(result).includes(SECRET))
  }),
  leak('syntax-errors', 'a syntax error shows only source of the program itself', async ({ run }) => {
    const { message } = failed(await run('const a = ;'), 'CODE_SYNTAX')
    assert.doesNotMatch(message, /async function|export default|post\(|node:|file:/)
  }),
]
