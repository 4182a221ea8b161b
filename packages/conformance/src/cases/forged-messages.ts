import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecuteResult, ExecutionErrorCode } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase, TestContext } from '../case.ts'
import { keepsHostFree } from '../host-cpu.ts'

const quote = JSON.stringify
const say = (...messages: readonly string[]): string => messages.map((text) => `post(${quote(text)})`).join('; ')
const CALL = (id: number | string, tool = 'tools.echo', payload = 'j{}'): string =>
  `{"type":"call","id":${id},"tool":${quote(tool)}}\n${payload}`
const RETURN = (payload: string): string => `{"type":"returned"}\n${payload}`

/** Invalid messages of an attacker who knows the protocols of the host, its workers and its pipes. */
const REFUSED: readonly (readonly [id: string, message: string])[] = [
  ['wake-at-nan', '{"type":"wake","at":NaN}'],
  ['wake-at-infinity', '{"type":"wake","at":1e999}'],
  ['duplicate-keys', '{"type":"wake","at":1,"type":"returned"}'],
  ['line-break-first', `\n${RETURN('j1')}`],
  ['carriage-return', RETURN('j1').replace('\n', '\r')],
  ['comment', '{"type":"returned"/**/}\nj1'],
  ['call-below-zero', CALL(-1)],
  ['call-beyond-integers', CALL('9007199254740993')],
  ['call-with-exponent', CALL('1e0').replace('"id":1e0', '"id":"1e0"')],
  ['call-of-a-long-name', CALL(1, 'x'.repeat(1_001))],
  ['answer-of-the-host', '{"type":"returned","now":1,"id":1}\nj1'],
  ['failure-of-the-host', '{"type":"failed","now":1,"id":1,"error":{"code":"TOOL_FAILED","message":"m"}}'],
  ['start-of-the-host', '{"type":"start","version":1,"now":1,"seed":[1,2,3,4],"limits":{},"namespaces":{}}'],
  ['turn-of-a-worker', '{"type":"turn","guest":1,"turn":{"index":0,"cpuTimeMs":-1e9,"memoryBytes":-1},"messages":[]}'],
  ['exit-of-a-worker', '{"type":"exit","guest":1,"exit":{"why":"limit","limit":"memory","cpuTimeMs":0}}'],
  ['output-of-a-worker', '{"type":"output","guest":2,"messages":["{}"]}'],
  ['frame-of-a-pipe', '\u0000\u0000\u0000\u0010\u0000\u0000\u0000\u0001{"type":"up"}'],
  ['cpu-time', '{"type":"returned","cpuTimeMs":-1000000}\nj1'],
  ['result-of-the-host', '{"type":"returned","ok":true,"value":1,"usage":{"toolCalls":0}}\nj1'],
  ['end-with-a-position', '{"type":"threw","error":{"code":"CODE_THREW","name":"E","message":"m","line":1}}'],
  ['end-with-a-limit-of-the-host', '{"type":"threw","error":{"code":"LIMIT_CPU","name":"E","message":"m"}}'],
  ['end-with-a-stack-of-frames', '{"type":"threw","error":{"code":"CODE_THREW","name":"E","message":"m","stack":[]}}'],
]

const forgery = (id: string, protects: string, run: (context: TestContext) => Promise<void>): ConformanceCase => ({
  id: `forgeries.${id}`,
  protects,
  tampers: true,
  run: (context) => keepsHostFree(context.sandbox, () => run(context)),
})

const endsIn = (result: ExecuteResult, ...codes: readonly ExecutionErrorCode[]): void =>
  assert.ok(!result.ok && codes.includes(result.error.code), JSON.stringify(result).slice(0, 300))

/** Values that `post` does not accept. */
const NO_TEXTS = [
  '5',
  'null',
  'undefined',
  '{}',
  '["{}"]',
  '() => {}',
  'Symbol("x")',
  '1n',
  'new Uint8Array(4)',
] as const

/** Names that differ only slightly from that of a tool. */
const NEAR_NAMES = [
  'tools.echo ',
  ' tools.echo',
  'TOOLS.echo',
  'tools..echo',
  'tools.echo\u0000',
  'tools.echo\n',
  'tools.\ud800',
  'echo',
  'tools["echo"]',
  'tools.echo.echo',
  'x'.repeat(1_000),
]

export const forgedMessages: readonly ConformanceCase[] = [
  ...REFUSED.map(([id, message]) =>
    forgery(id, 'an invalid message ends the run, and no tool runs', async ({ attack }) => {
      let ran = false
      const echo = () => {
        ran = true
      }
      failed(await attack(say(message), { tools: { echo } }), 'PROTOCOL_VIOLATION')
      assert.equal(ran, false)
    }),
  ),
  ...NO_TEXTS.map((value, index) =>
    forgery(
      `no-text.${index + 1}`,
      `a posted value that is not a string (${value}) affects only its own run`,
      async ({ attack }) => {
        const code = `try { post(${value}) } catch {} ${say(RETURN('j"after"'))}`
        const result = await attack(code, { limits: { wallTimeMs: 10_000 } })
        if (result.ok) assert.equal(result.value, 'after')
        else assert.notEqual(result.error.code, 'LIMIT_WALL_TIME')
        returned(await attack(say(RETURN('j"next"'))), 'next')
      },
    ),
  ),
  forgery('names-that-are-nearly-tools', 'a tool name must match exactly', async ({ attack }) => {
    let ran = false
    const echo = () => {
      ran = true
    }
    const calls = NEAR_NAMES.map((tool, index) => CALL(index + 1, tool))
    const code = `if (turn === 0) { ${say(...calls)} } else if (turn === ${calls.length}) { post('{"type":"returned"}\\nj' + JSON.stringify(all.concat(message))) } else { globalThis.all = [].concat(globalThis.all ?? [], message) }`
    const result = await attack(code, { tools: { echo } })
    assert.ok(result.ok, JSON.stringify(result).slice(0, 300))
    const heard = result.value as string[]
    assert.ok(heard.length === NEAR_NAMES.length && heard.every((text) => text.includes('TOOL_NOT_FOUND')))
    assert.equal(ran, false)
  }),
  forgery('calls-in-reverse', 'a call out of order ends the run', async ({ attack }) => {
    let made = 0
    failed(await attack(say(CALL(2), CALL(1)), { tools: { echo: () => ++made } }), 'PROTOCOL_VIOLATION')
    assert.equal(made, 0)
  }),
  forgery(
    'error-before-a-result',
    'the first outcome counts: an error is not replaced by a later result',
    async ({ attack }) => {
      const threw = '{"type":"threw","error":{"code":"CODE_THREW","name":"E","message":"first"}}'
      assert.equal(failed(await attack(say(threw, RETURN('j1'))), 'CODE_THREW').message, 'first')
    },
  ),
  forgery('logs-after-the-end', 'logs are ignored after the program has ended', async ({ attack }) => {
    const code = `${say('{"type":"log","level":"log","text":"before"}', RETURN('j1'))}; for (let i = 0; i < 20_000; i++) post('{"type":"log","level":"log","text":"late"}')`
    const result = await attack(code)
    returned(result, 1)
    assert.deepEqual(
      result.logs.map(({ text }) => text),
      ['before'],
    )
  }),
  forgery('logs-after-the-limit', 'a log entry marked as truncated ends the log', async ({ attack }) => {
    const code = say(
      '{"type":"log","level":"log","text":"a","truncated":true}',
      '{"type":"log","level":"error","text":"b"}',
      RETURN('j1'),
    )
    const result = await attack(code)
    returned(result, 1)
    assert.equal(result.logs.length, 2)
    assert.match(result.logs.at(-1)?.text ?? '', /limit/)
  }),
  forgery('empty-logs', 'empty log entries count against the log limit', async ({ attack }) => {
    const code = `for (let i = 0; i < 50_000; i++) post('{"type":"log","level":"log","text":""}'); ${say(RETURN('j1'))}`
    const result = await attack(code, { limits: { logBytes: 10_000, cpuTimeMs: 20_000 } })
    if (!result.ok) endsIn(result, 'LIMIT_MESSAGE_SIZE')
    assert.ok(result.logs.length <= 10_001, `${result.logs.length} entries`)
  }),
  forgery('lone-surrogates', 'lone surrogates arrive unchanged or replaced, and break nothing', async ({ attack }) => {
    const code = `post('{"type":"log","level":"log","text":"\\ud800"}'); post('{"type":"log","level":"log","text":"' + '\\udfff'.repeat(1000) + '"}'); ${say(RETURN('j["\\ud800","\\udc00x"]'))}`
    const result = await attack(code)
    assert.ok(result.ok, JSON.stringify(result).slice(0, 300))
    // Some engines pass text as UTF-8, which has no lone surrogates.
    for (const { text } of result.logs) assert.ok([...text].every((unit) => '\ud800\udfff\ufffd'.includes(unit)))
    assert.equal(result.logs.length, 2)
    assert.equal((result.value as string[]).length, 2)
  }),
  forgery('deep-header', 'a header nested 200,000 levels deep is rejected', async ({ attack }) => {
    const code = `post('['.repeat(2e5) + ']'.repeat(2e5)); post('{"a":'.repeat(2e5))`
    endsIn(await attack(code), 'PROTOCOL_VIOLATION', 'LIMIT_MESSAGE_SIZE')
  }),
  forgery('deep-payload', 'a payload nested 200,000 levels deep does not reach a tool', async ({ attack }) => {
    let ran = false
    const echo = () => {
      ran = true
    }
    const code = `if (turn === 0) post('{"type":"call","id":1,"tool":"tools.echo"}\\nj' + '['.repeat(2e5) + ']'.repeat(2e5)); else post('{"type":"returned"}\\nj' + JSON.stringify(message))`
    const result = await attack(code, { tools: { echo } })
    assert.equal(ran, false)
    if (result.ok) assert.match(result.value as string, /TOOL_INPUT_INVALID|LIMIT_MESSAGE_SIZE/)
    else endsIn(result, 'PROTOCOL_VIOLATION', 'LIMIT_MESSAGE_SIZE')
  }),
  forgery(
    'idle-nodes',
    'a graph of 200,000 unreachable objects costs the host no more than its text',
    async ({ attack }) => {
      const code = `if (turn === 0) post('{"type":"call","id":1,"tool":"tools.echo"}\\ng[[1]' + ',["o"]'.repeat(200_000) + ']'); else ${say(RETURN('j"after"'))}`
      const result = await attack(code, { tools: { echo: () => 1 }, limits: { cpuTimeMs: 20_000 } })
      if (result.ok) assert.equal(result.value, 'after')
      else endsIn(result, 'PROTOCOL_VIOLATION', 'LIMIT_MESSAGE_SIZE')
    },
  ),
  forgery('cyclic-input', 'a graph that refers to itself does not reach a tool', async ({ attack }) => {
    const graphs = ['[[1],["a",[[1]]]]', '[[1],["m",[1],[1]]]', '[[1],["S",[1]]]', '[[1],["o","a",[2]],["o","b",[1]]]']
    let ran = false
    const echo = () => {
      ran = true
    }
    for (const graph of graphs) {
      const code = `if (turn === 0) ${say(CALL(1, 'tools.echo', `g${graph}`))}; else post('{"type":"returned"}\\nj' + JSON.stringify(message))`
      const result = await attack(code, { tools: { echo } })
      assert.ok(
        result.ok && /TOOL_INPUT_INVALID|LIMIT_MESSAGE_SIZE/.test(result.value as string),
        `${graph}: ${JSON.stringify(result)}`,
      )
    }
    assert.equal(ran, false)
  }),
  forgery('cyclic-causes', 'an error that is its own cause does not reach a tool', async ({ attack }) => {
    let ran = false
    const echo = () => {
      ran = true
    }
    const graph = '[[1],["e","AggregateError","m","cause",[1],"errors",[2]],["a",[[1],[1]]]]'
    const code = `if (turn === 0) ${say(CALL(1, 'tools.echo', `g${graph}`))}; else post('{"type":"returned"}\\nj' + JSON.stringify(message))`
    const result = await attack(code, { tools: { echo } })
    assert.ok(result.ok && /TOOL_INPUT_INVALID|LIMIT_MESSAGE_SIZE/.test(result.value as string), JSON.stringify(result))
    assert.equal(ran, false)
  }),
  forgery(
    'proto-in-a-payload',
    'a `__proto__` key of a payload is an own property, in both encodings',
    async ({ attack }) => {
      const seen: unknown[] = []
      const echo = (input: { admin?: unknown }) => {
        seen.push(input.admin, Object.getPrototypeOf(input) === Object.prototype, Object.keys(input).join())
        return 1
      }
      const payloads = ['j{"__proto__":{"admin":true}}', 'g[[1],["o","__proto__",[2]],["o","admin",true]]']
      const code = `if (turn === 0) { ${say(...payloads.map((payload, index) => CALL(index + 1, 'tools.echo', payload)))} } else if (turn === 2) ${say(RETURN('j1'))}`
      returned(await attack(code, { tools: { echo } }), 1)
      assert.deepEqual(seen, [undefined, true, '__proto__', undefined, true, '__proto__'])
    },
  ),
  forgery('wake-in-the-past', 'a wake time in the far past is treated as now', async ({ attack }) => {
    const code = `if (turn === 0) ${say('{"type":"wake","at":-1e308}')}; else post('{"type":"returned"}\\nj' + JSON.stringify(message))`
    const result = await attack(code)
    assert.ok(result.ok, JSON.stringify(result))
    const { type, now } = JSON.parse(result.value as string)
    assert.ok(type === 'wake' && Math.abs(now - Date.now()) < 3_600_000, `${type} at ${now}`)
  }),
  forgery('wake-after-all-times', 'a wake time in the far future ends at the wall time limit', async ({ attack }) => {
    failed(await attack(say('{"type":"wake","at":1e308}'), { limits: { wallTimeMs: 300 } }), 'LIMIT_WALL_TIME')
  }),
  forgery('endless-wakes', 'a guest that always requests an immediate wake-up ends at a limit', async ({ attack }) => {
    const result = await attack(say('{"type":"wake","at":0}'), { limits: { wallTimeMs: 500 } })
    endsIn(result, 'LIMIT_WALL_TIME', 'LIMIT_CPU')
  }),
  forgery(
    'message-storm',
    'fifty thousand messages in one turn are accepted or rejected, and the host stays responsive',
    async ({ attack }) => {
      const code = `for (let i = 0; i < 50_000; i++) post('{"type":"wake","at":null}'); ${say(RETURN('j"after"'))}`
      const result = await attack(code, { limits: { cpuTimeMs: 20_000 } })
      if (result.ok) assert.equal(result.value, 'after')
      else endsIn(result, 'LIMIT_MESSAGE_SIZE', 'LIMIT_CPU')
    },
  ),
  forgery('huge-header', 'a header of several megabytes is rejected', async ({ attack }) => {
    const code = `post('{"type":"call","id":1,"tool":"' + 'x'.repeat(4e6) + '"}\\nj{}')`
    endsIn(await attack(code, { limits: { cpuTimeMs: 20_000 } }), 'PROTOCOL_VIOLATION', 'LIMIT_MESSAGE_SIZE')
  }),
  forgery('huge-error', 'a huge error is truncated by the host', async ({ attack }) => {
    const code = `post(JSON.stringify({ type: 'threw', error: { code: 'CODE_THREW', name: 'N'.repeat(1e6), message: 'm'.repeat(1e6), stack: 'at f (program.js:1:1)\\n'.repeat(5e4) } }))`
    const error = failed(await attack(code), 'CODE_THREW')
    assert.ok(error.name.length < 20_000 && error.message.length < 20_000 && (error.stack ?? '').length < 20_000)
  }),
  forgery(
    'clocks-overwritten',
    "overwriting the guest's clocks does not affect the CPU time limit",
    async ({ attack, sandbox }) => {
      if (!sandbox.guarantees.stopsLoops) return
      const code = `Date.now = () => 0; try { performance.now = () => 0 } catch {} globalThis.Date = undefined; for (;;);`
      failed(await attack(code, { limits: { cpuTimeMs: 200 } }), 'LIMIT_CPU')
    },
  ),
  forgery(
    'intrinsics-overwritten',
    "the adapter's code in the guest realm does not rely on built-ins that the guest can replace",
    async ({ attack }) => {
      const code = `for (const C of [Array, String, Map, Promise, Object, Function]) for (const k of Object.getOwnPropertyNames(C.prototype)) { if (k !== 'constructor') try { C.prototype[k] = () => { throw new Error(k) } } catch {} } ${say(RETURN('j"said"'))}`
      const result = await attack(code)
      if (result.ok) assert.equal(result.value, 'said')
      returned(await attack(say(RETURN('j"next"'))), 'next')
    },
  ),
  forgery('late-messages', 'messages that a guest posts after it has returned are ignored', async ({ attack }) => {
    let ran = false
    const echo = () => {
      ran = true
    }
    const code = `Promise.resolve().then(() => { for (let i = 0; i < 5; i++) Promise.resolve().then(() => { ${say(CALL(1))} }) }); ${say(RETURN('j1'))}`
    returned(await attack(code, { tools: { echo } }), 1)
    await delay(20)
    assert.equal(ran, false)
  }),
]
