import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutionErrorCode } from '@glovebox/core'
import { failed, returned } from '../assert.ts'
import type { ConformanceCase, TestContext } from '../case.ts'
import { forgedMessages } from './forged-messages.ts'
import { forgedValues } from './forged-values.ts'

/** Invalid messages that a compromised guest may send. */
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

/** Names that are not tools, but exist as properties of objects. */
const NO_TOOLS = ['constructor', 'tools.constructor', 'tools.__proto__', '__proto__.x', 'tools', '', 'tools.echo.call']

const quote = JSON.stringify
const say = (...messages: readonly string[]): string => messages.map((text) => `post(${quote(text)})`).join('; ')
const RETURN = (payload: string): string => `{"type":"returned"}\n${payload}`
const CALL = (id: number, tool = 'tools.echo'): string => `{"type":"call","id":${id},"tool":${quote(tool)}}\nj{}`

/** Creates a case that attacks the host with forged messages. */
const forgery = (id: string, protects: string, run: (context: TestContext) => Promise<void>): ConformanceCase => ({
  id: `forgeries.${id}`,
  protects,
  tampers: true,
  run,
})

export const forgeries: readonly ConformanceCase[] = [
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
  forgery('names-that-are-no-tools', 'a call can only name a tool of its own run', async ({ attack }) => {
    const calls = NO_TOOLS.map((tool, index) => CALL(index + 1, tool))
    const code = `if (turn === 0) { ${say(...calls)} } else if (turn === ${calls.length}) { post('{"type":"returned"}\\nj' + JSON.stringify(all.concat(message))) } else { globalThis.all = [].concat(globalThis.all ?? [], message) }`
    const result = await attack(code, { tools: { echo: () => 1 } })
    assert.ok(result.ok, JSON.stringify(result))
    const heard = result.value as string[]
    assert.deepEqual([heard.length, heard.every((text) => text.includes('TOOL_NOT_FOUND'))], [NO_TOOLS.length, true])
  }),
  forgery('second-result', 'the first result counts', async ({ attack }) => {
    const threw = '{"type":"threw","error":{"code":"CODE_THREW","name":"E","message":"m"}}'
    returned(await attack(say(RETURN('j"first"'), RETURN('j"second"'), threw, 'garbage')), 'first')
  }),
  forgery('call-after-result', 'calls are ignored after the program has ended', async ({ attack }) => {
    let ran = false
    const echo = () => {
      ran = true
    }
    returned(await attack(say(RETURN('j1'), CALL(1)), { tools: { echo } }), 1)
    await delay(20)
    assert.equal(ran, false)
  }),
  forgery(
    'result-before-the-end',
    'a program that keeps looping after its result is stopped',
    async ({ attack, sandbox }) => {
      if (!sandbox.guarantees.stopsLoops) return
      const code = `${say(RETURN('j"early"'))}; for (;;);`
      failed(await attack(code, { limits: { cpuTimeMs: 200 } }), 'LIMIT_CPU')
    },
  ),
  forgery('same-call-twice', 'a repeated call ends the run and runs its tool at most once', async ({ attack }) => {
    let made = 0
    failed(await attack(say(CALL(1), CALL(1)), { tools: { echo: () => made++ } }), 'PROTOCOL_VIOLATION')
    assert.ok(made <= 1)
  }),
  forgery('wake-flood', 'thousands of wake requests share one timer of the host', async ({ attack }) => {
    const code = `if (turn > 0) { ${say(RETURN('j"woken"'))} } else for (let i = 0; i < 5_000; i++) post('{"type":"wake","at":' + i + '}')`
    returned(await attack(code), 'woken')
  }),
  forgery(
    'log-flood',
    'the host enforces the log limit for many small entries and for a large one',
    async ({ attack }) => {
      const code = `for (let i = 0; i < 5_000; i++) post('{"type":"log","level":"log","text":""}'); post('{"type":"log","level":"log","text":"' + 'x'.repeat(50_000) + '"}'); ${say(RETURN('j1'))}`
      const result = await attack(code, { limits: { logBytes: 1_000 } })
      returned(result, 1)
      assert.ok(result.logs.length <= 1_001)
      assert.match(result.logs.at(-1)?.text ?? '', /limit of 1000 bytes/)
    },
  ),
  forgery('huge-input', 'the host enforces the size limit of inputs', async ({ attack }) => {
    const code = `post('{"type":"call","id":1,"tool":"tools.echo"}\\nj"' + 'x'.repeat(200_000) + '"')`
    const limits = { messageBytes: 10_000, resultBytes: 10_000, logBytes: 10_000 }
    let ran = false
    const echo = () => {
      ran = true
    }
    failed(await attack(code, { tools: { echo }, limits }), 'LIMIT_MESSAGE_SIZE')
    assert.equal(ran, false)
  }),
  forgery('huge-result', 'the host enforces the size limit of results', async ({ attack }) => {
    const code = `post('{"type":"returned"}\\nj"' + 'x'.repeat(20_000) + '"')`
    failed(await attack(code, { limits: { resultBytes: 1_000 } }), 'LIMIT_RESULT_SIZE')
  }),
  forgery('call-quota', 'the host enforces the call quota', async ({ attack }) => {
    let made = 0
    const code = `for (let i = 1; i <= 50; i++) post('{"type":"call","id":' + i + ',"tool":"tools.echo"}\\nj{}')`
    failed(await attack(code, { tools: { echo: () => ++made }, limits: { toolCalls: 10 } }), 'LIMIT_TOOL_CALLS')
    assert.ok(made <= 10)
  }),
  forgery(
    'stack-with-paths',
    'a forged stack contains no files of the host and no terminal escape sequences',
    async ({ attack }) => {
      const stack =
        'Error: x\n    at secret (/home/user/app.js:1:2)\n    at f (program.js:1:30)\n    at evil\u001b[2J (program.js:1:31)'
      const threw = { type: 'threw', error: { code: 'CODE_THREW', name: 'Error', message: 'x', stack } }
      const error = failed(await attack(say(quote(threw))), 'CODE_THREW')
      assert.match(error.stack ?? '', /^at f \(program\.js:1:\d+\)\nat evil2J/)
    },
  ),
  forgery(
    'endless-answers',
    'a guest that answers each message with another call ends at a limit',
    async ({ attack }) => {
      const code = `post('{"type":"call","id":' + (turn + 1) + ',"tool":"tools.echo"}\\nj{}')`
      const codes: readonly ExecutionErrorCode[] = ['LIMIT_TOOL_CALLS', 'LIMIT_WALL_TIME']
      const result = await attack(code, { tools: { echo: () => 1 }, limits: { toolCalls: 50 } })
      assert.ok(!result.ok && codes.includes(result.error.code), JSON.stringify(result).slice(0, 300))
    },
  ),
  forgery('silence', 'a guest that sends no message is reported as stalled', async ({ attack }) => {
    failed(await attack(''), 'PROGRAM_STALLED')
  }),
  forgery(
    'throwing-runtime',
    'a guest runtime that throws fails its run and does not affect the host',
    async ({ attack, run }) => {
      const result = await attack('globalThis.post = undefined; post()')
      assert.ok(!result.ok, 'it returned')
      returned(await run('return "next"'), 'next')
    },
  ),
  ...forgedMessages,
  ...forgedValues,
]
