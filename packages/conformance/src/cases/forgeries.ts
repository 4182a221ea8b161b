import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutionErrorCode } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase, TestContext } from '../case.ts'
import { forgedMessages } from './forged-messages.ts'
import { forgedValues } from './forged-values.ts'

/** What a guest that has been taken over may say, and the protocol does not know. */
const REFUSED: readonly (readonly [id: string, message: string])[] = [
  ['no-json', 'not json'],
  ['nothing', ''],
  ['a-number', '5'],
  ['null', 'null'],
  ['an-array', '[]'],
  ['unknown-type', '{"type":"exec","command":"rm"}'],
  ['inherited-type', '{"type":"constructor"}'],
  ['two-messages', '{"type":"wake","at":1}{"type":"wake","at":1}'],
  ['log-of-unknown-level', '{"type":"log","level":"fatal","text":"x"}'],
  ['log-of-inherited-level', '{"type":"log","level":"__proto__","text":"x"}'],
  ['log-that-is-no-text', '{"type":"log","level":"log","text":{"toString":1}}'],
  ['extra-property', '{"type":"log","level":"log","text":"x","more":1}'],
  ['polluting-property', '{"type":"log","level":"log","text":"x","__proto__":{"ok":true}}'],
  ['call-without-number', '{"type":"call","tool":"tools.echo"}\nj{}'],
  ['call-that-skips-numbers', '{"type":"call","id":7,"tool":"tools.echo"}\nj{}'],
  ['call-below-one', '{"type":"call","id":0,"tool":"tools.echo"}\nj{}'],
  ['call-with-fraction', '{"type":"call","id":1.5,"tool":"tools.echo"}\nj{}'],
  ['call-with-huge-number', '{"type":"call","id":1e300,"tool":"tools.echo"}\nj{}'],
  ['call-with-text-for-number', '{"type":"call","id":"1","tool":"tools.echo"}\nj{}'],
  ['call-of-no-text', '{"type":"call","id":1,"tool":["tools.echo"]}\nj{}'],
  ['call-with-broken-payload', '{"type":"call","id":1,"tool":"tools.echo"}\ng[[9]]'],
  ['call-with-unknown-codec', '{"type":"call","id":1,"tool":"tools.echo"}\nx{}'],
  ['call-with-truncated-payload', '{"type":"call","id":1,"tool":"tools.echo"}\nj{"a":'],
  ['call-without-payload', '{"type":"call","id":1,"tool":"tools.echo"}'],
  ['wake-that-is-no-number', '{"type":"wake","at":"soon"}'],
  ['wake-that-is-an-object', '{"type":"wake","at":{}}'],
  ['result-with-broken-payload', '{"type":"returned"}\nj{'],
  ['result-without-payload', '{"type":"returned"}'],
  ['end-with-a-code-of-the-host', '{"type":"threw","error":{"code":"SANDBOX_CRASHED","name":"E","message":"m"}}'],
  ['end-with-an-unknown-code', '{"type":"threw","error":{"code":"OK","name":"E","message":"m"}}'],
  ['end-with-an-inherited-code', '{"type":"threw","error":{"code":"toString","name":"E","message":"m"}}'],
  ['end-without-an-error', '{"type":"threw"}'],
  ['end-with-a-line-that-is-no-number', '{"type":"threw","error":{"code":"CODE_THREW","name":1,"message":"m"}}'],
]

/** Names that a host must not find among its own. */
const NO_TOOLS = ['constructor', 'tools.constructor', 'tools.__proto__', '__proto__.x', 'tools', '', 'tools.echo.call']

const quote = JSON.stringify
const say = (...messages: readonly string[]): string => messages.map((text) => `post(${quote(text)})`).join('; ')
const RETURN = (payload: string): string => `{"type":"returned"}\n${payload}`
const CALL = (id: number, tool = 'tools.echo'): string => `{"type":"call","id":${id},"tool":${quote(tool)}}\nj{}`

/** A forgery with its proof: what is seen at the host. */
const forgery = (id: string, protects: string, run: (context: TestContext) => Promise<void>): ConformanceCase => ({
  id: `forgeries.${id}`,
  protects,
  tampers: true,
  run,
})

export const forgeries: readonly ConformanceCase[] = [
  ...REFUSED.map(([id, message]) =>
    forgery(id, 'what the protocol does not know ends the run, and no tool has run by it', async ({ attack }) => {
      let ran = false
      const echo = () => {
        ran = true
      }
      failed(await attack(say(message), { tools: { echo } }), 'PROTOCOL_VIOLATION')
      assert.equal(ran, false)
    }),
  ),
  forgery('names-that-are-no-tools', 'a call names a tool of its own, or none', async ({ attack }) => {
    const calls = NO_TOOLS.map((tool, index) => CALL(index + 1, tool))
    const code = `if (turn === 0) { ${say(...calls)} } else if (turn === ${calls.length}) { post('{"type":"returned"}\\nj' + JSON.stringify(all.concat(message))) } else { globalThis.all = [].concat(globalThis.all ?? [], message) }`
    const result = await attack(code, { tools: { echo: () => 1 } })
    assert.ok(result.ok, JSON.stringify(result))
    const heard = result.value as string[]
    assert.deepEqual([heard.length, heard.every((text) => text.includes('TOOL_NOT_FOUND'))], [NO_TOOLS.length, true])
  }),
  forgery('second-result', 'the first result stands', async ({ attack }) => {
    const threw = '{"type":"threw","error":{"code":"CODE_THREW","name":"E","message":"m"}}'
    returned(await attack(say(RETURN('j"first"'), RETURN('j"second"'), threw, 'garbage')), 'first')
  }),
  forgery('call-after-result', 'nothing is called for a program that has ended', async ({ attack }) => {
    let ran = false
    const echo = () => {
      ran = true
    }
    returned(await attack(say(RETURN('j1'), CALL(1)), { tools: { echo } }), 1)
    await delay(20)
    assert.equal(ran, false)
  }),
  forgery('result-before-the-end', 'what loops on after its result has not ended', async ({ attack, sandbox }) => {
    if (!sandbox.guarantees.stopsLoops) return
    const code = `${say(RETURN('j"early"'))}; for (;;);`
    failed(await attack(code, { limits: { cpuTimeMs: 200 } }), 'LIMIT_CPU')
  }),
  forgery('same-call-twice', 'a call is made once', async ({ attack }) => {
    let made = 0
    failed(await attack(say(CALL(1), CALL(1)), { tools: { echo: () => made++ } }), 'PROTOCOL_VIOLATION')
    assert.ok(made <= 1)
  }),
  forgery('wake-flood', 'wishes to be woken cost the host one timer', async ({ attack }) => {
    const code = `if (turn > 0) { ${say(RETURN('j"woken"'))} } else for (let i = 0; i < 5_000; i++) post('{"type":"wake","at":' + i + '}')`
    returned(await attack(code), 'woken')
  }),
  forgery('log-flood', 'logs are bounded by the host, in many small entries or one large one', async ({ attack }) => {
    const code = `for (let i = 0; i < 5_000; i++) post('{"type":"log","level":"log","text":""}'); post('{"type":"log","level":"log","text":"' + 'x'.repeat(50_000) + '"}'); ${say(RETURN('j1'))}`
    const result = await attack(code, { limits: { logBytes: 1_000 } })
    returned(result, 1)
    assert.ok(result.logs.length <= 1_001)
    assert.match(result.logs.at(-1)?.text ?? '', /limit of 1000 bytes/)
  }),
  forgery('huge-input', 'an input is bounded by the host', async ({ attack }) => {
    const code = `post('{"type":"call","id":1,"tool":"tools.echo"}\\nj"' + 'x'.repeat(200_000) + '"')`
    const limits = { messageBytes: 10_000, resultBytes: 10_000, logBytes: 10_000 }
    let ran = false
    const echo = () => {
      ran = true
    }
    failed(await attack(code, { tools: { echo }, limits }), 'LIMIT_MESSAGE_SIZE')
    assert.equal(ran, false)
  }),
  forgery('huge-result', 'a result is bounded by the host', async ({ attack }) => {
    const code = `post('{"type":"returned"}\\nj"' + 'x'.repeat(20_000) + '"')`
    failed(await attack(code, { limits: { resultBytes: 1_000 } }), 'LIMIT_RESULT_SIZE')
  }),
  forgery('call-quota', 'calls are counted by the host', async ({ attack }) => {
    let made = 0
    const code = `for (let i = 1; i <= 50; i++) post('{"type":"call","id":' + i + ',"tool":"tools.echo"}\\nj{}')`
    failed(await attack(code, { tools: { echo: () => ++made }, limits: { toolCalls: 10 } }), 'LIMIT_TOOL_CALLS')
    assert.ok(made <= 10)
  }),
  forgery('stack-with-paths', 'a stack names no file of the host, and steers no terminal', async ({ attack }) => {
    const stack =
      'Error: x\n    at secret (/home/user/app.js:1:2)\n    at f (program.js:1:30)\n    at evil\u001b[2J (program.js:1:31)'
    const threw = { type: 'threw', error: { code: 'CODE_THREW', name: 'Error', message: 'x', stack } }
    const error = failed(await attack(say(quote(threw))), 'CODE_THREW')
    assert.match(error.stack ?? '', /^at f \(program\.js:1:\d+\)\nat evil2J/)
  }),
  forgery('endless-answers', 'a guest that answers each message with another call is bounded', async ({ attack }) => {
    const code = `post('{"type":"call","id":' + (turn + 1) + ',"tool":"tools.echo"}\\nj{}')`
    const codes: readonly ExecutionErrorCode[] = ['LIMIT_TOOL_CALLS', 'LIMIT_WALL_TIME']
    const result = await attack(code, { tools: { echo: () => 1 }, limits: { toolCalls: 50 } })
    assert.ok(!result.ok && codes.includes(result.error.code), JSON.stringify(result).slice(0, 300))
  }),
  forgery('silence', 'a guest that says nothing is told to have stalled', async ({ attack }) => {
    failed(await attack(''), 'PROGRAM_STALLED')
  }),
  forgery('throwing-runtime', "a runtime that throws has failed, and is no host's trouble", async ({ attack, run }) => {
    const result = await attack('globalThis.post = undefined; post()')
    assert.ok(!result.ok, 'it returned')
    returned(await run('return "next"'), 'next')
  }),
  ...forgedMessages,
  ...forgedValues,
]
