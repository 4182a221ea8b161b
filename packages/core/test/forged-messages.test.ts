import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ToolSource } from '../src/catalog/provider.ts'
import { createCodeMode } from '../src/code-mode.ts'
import { createSandbox } from '../src/sandbox/sandbox.ts'
import { type Script, ScriptedAdapter } from './scripted-adapter.ts'

async function attack(script: Script, tools: ToolSource = {}, limits = {}) {
  const adapter = new ScriptedAdapter(script)
  await using sandbox = createSandbox(adapter, { ready: 0 })
  await using codeMode = await createCodeMode({ sandbox, tools, limits: { wallTimeMs: 5_000, ...limits } })
  const result = await codeMode.execute('return [await tools.echo(), await tools.act()]')
  return { result, adapter, guest: adapter.guests[0] as (typeof adapter.guests)[0] }
}

const returned = (payload: string) => `{"type":"returned"}\n${payload}`

describe('a compromised guest', () => {
  it.each([
    ['invalid JSON', 'not json'],
    ['an empty message', ''],
    ['a JSON value that is not a message', '5'],
    ['null', 'null'],
    ['an unknown type', { type: 'exec', command: 'rm' }],
    ['a log of an unknown level', { type: 'log', level: 'fatal', text: 'x' }],
    ['a log whose text is not a string', { type: 'log', level: 'log', text: { toString: 1 } }],
    ['an extra property', { type: 'log', level: 'log', text: 'x', __proto__x: 1 }],
    ['a call without a number', { type: 'call', tool: 'tools.echo' }],
    ['a call that skips numbers', '{"type":"call","id":7,"tool":"tools.echo"}\nj{}'],
    ['a call with a number below one', '{"type":"call","id":0,"tool":"tools.echo"}\nj{}'],
    ['a call with a broken payload', '{"type":"call","id":1,"tool":"tools.echo"}\ng[[9]]'],
    ['a call without a payload', '{"type":"call","id":1,"tool":"tools.echo"}'],
    ['a wake time that is not a number', { type: 'wake', at: 'soon' }],
    ['a result with a broken payload', returned('j{')],
    ['a result without a payload', '{"type":"returned"}'],
    [
      'an end with a code that only the host may use',
      { type: 'threw', error: { code: 'SANDBOX_CRASHED', name: 'E', message: 'm' } },
    ],
    ['an end with an unknown code', { type: 'threw', error: { code: 'OK', name: 'E', message: 'm' } }],
    ['an end without an error', { type: 'threw' }],
  ])('cannot send %s', async (_, message) => {
    let ran = false
    const tools = {
      echo: () => {
        ran = true
      },
    }
    const { result, guest } = await attack((guest) => {
      guest.say(message)
      guest.endTurn()
    }, tools)
    expect(result).toMatchObject({ ok: false, error: { code: 'PROTOCOL_VIOLATION' } })
    expect(guest.terminations).toBe(1)
    expect(ran).toBe(false)
  })

  it('cannot call tools that the host does not offer, whatever the name', async () => {
    for (const tool of [
      'constructor',
      'tools.constructor',
      'tools.__proto__',
      'tools.hasOwnProperty',
      '__proto__.x',
      'tools',
      '',
      'tools.echo.call',
    ]) {
      const { guest } = await attack(
        async (guest) => {
          guest.say(`{"type":"call","id":1,"tool":${JSON.stringify(tool)}}\nj{}`)
          guest.endTurn()
          await guest.hears()
          guest.say(returned('j1'))
          guest.endTurn()
        },
        { echo: () => 1 },
      )
      expect(guest.received[1], tool).toContain('TOOL_NOT_FOUND')
    }
  })

  it('cannot change its result', async () => {
    const { result } = await attack((guest) => {
      guest.say(
        returned('j"first"'),
        returned('j"second"'),
        { type: 'threw', error: { code: 'CODE_THREW', name: 'E', message: 'm' } },
        'garbage',
      )
      guest.endTurn()
    })
    expect(result).toMatchObject({ ok: true, value: 'first' })
  })

  it('does not end before its turn is over', async () => {
    const { result } = await attack((guest) => {
      guest.say(returned('j"early"'))
      guest.end({ why: 'limit', limit: 'cpu' })
    }, {})
    expect(result).toMatchObject({ ok: false, error: { code: 'LIMIT_CPU' } })
  })

  it('is ignored after its end', async () => {
    const events: string[] = []
    const adapter = new ScriptedAdapter((guest) => {
      guest.say(returned('j1'))
      guest.endTurn()
      guest.say({ type: 'log', level: 'log', text: 'late' }, '{"type":"call","id":1,"tool":"tools.echo"}\nj{}')
      guest.endTurn()
    })
    await using sandbox = createSandbox(adapter, { ready: 0 })
    const tools = { echo: () => events.push('ran') }
    await using codeMode = await createCodeMode({ sandbox, tools })
    const result = await codeMode.execute('return 1', { onEvent: (event) => events.push(event.type) })
    await delay(20)
    expect(result).toMatchObject({ ok: true, logs: [], calls: [] })
    expect(events).toEqual([])
  })

  it('cannot exceed the log limit with many small entries or one large entry', async () => {
    const { result } = await attack(
      (guest) => {
        guest.say(...Array.from({ length: 5_000 }, () => ({ type: 'log', level: 'log', text: '' })))
        guest.say({ type: 'log', level: 'log', text: 'x'.repeat(50_000) }, returned('j1'))
        guest.endTurn()
      },
      {},
      { logBytes: 1_000 },
    )
    expect(result.ok).toBe(true)
    expect(result.logs.length).toBeLessThanOrEqual(1_001)
    expect(result.logs.at(-1)?.text).toContain('limit of 1000 bytes')
  })

  it('cannot send a message above the size limit', async () => {
    const huge = `{"type":"call","id":1,"tool":"tools.echo"}\nj"${'x'.repeat(20_000)}"`
    const { result } = await attack(
      (guest) => guest.say(huge),
      { echo: () => 1 },
      { messageBytes: 10_000, resultBytes: 10_000, logBytes: 10_000 },
    )
    expect(result).toMatchObject({ ok: false, error: { code: 'LIMIT_MESSAGE_SIZE' } })
  })

  it('ends before a call starts that it sent together with its result', async () => {
    const adapter = new ScriptedAdapter((guest) => {
      guest.say(
        '{"type":"call","id":1,"tool":"tools.act"}\nj{}',
        { type: 'log', level: 'log', text: 'slow' },
        returned('j1'),
      )
      guest.endTurn()
    })
    await using sandbox = createSandbox(adapter, { ready: 0 })
    let ran = false
    const act = () => {
      ran = true
    }
    await using codeMode = await createCodeMode({ sandbox, tools: { act } })
    const onEvent = ({ type }: { type: string }) => {
      // Processing this output takes the host longer than one time slice.
      const end = performance.now() + 40
      while (type === 'log' && performance.now() < end);
    }
    const result = await codeMode.execute('return 1', { onEvent })
    expect(result).toMatchObject({ ok: true, value: 1, calls: [{ outcome: 'cancelled' }] })
    expect(ran).toBe(false)
  })

  it('cannot return a result above the limit', async () => {
    const { result } = await attack(
      (guest) => {
        guest.say(returned(`j"${'x'.repeat(2_000)}"`))
        guest.endTurn()
      },
      {},
      { resultBytes: 1_000 },
    )
    expect(result).toMatchObject({ ok: false, error: { code: 'LIMIT_RESULT_SIZE' } })
  })

  it.each([
    ['objects', `j[${Array(150_000).fill('{}').join()}]`],
    [
      'dates',
      `g[[1],["a",[${Array.from({ length: 60_000 }, (_, at) => `[${at + 2}]`)}]],${Array(60_000).fill('["d",0]')}]`,
    ],
  ])('cannot return %s that are too costly to decode', async (_, payload) => {
    const { result } = await attack((guest) => {
      guest.say(returned(payload))
      guest.endTurn()
    })
    expect(result).toMatchObject({ ok: false, error: { code: 'LIMIT_RESULT_SIZE' } })
  })

  it('cannot keep the host busy with wake requests', async () => {
    const { result, guest } = await attack(async (guest) => {
      guest.say(...Array.from({ length: 10_000 }, (_, i) => ({ type: 'wake', at: i })), { type: 'wake', at: -1e300 })
      guest.endTurn()
      await guest.hears()
      guest.say(returned('j1'))
      guest.endTurn()
    })
    expect(result.ok).toBe(true)
    expect(guest.received).toHaveLength(2)
    expect(JSON.parse(guest.received[1] as string).now).toBeGreaterThan(1e12)
  })

  it('cannot report a stack with files of the host', async () => {
    const stack =
      'Error: x\n    at secret (/home/user/app.js:1:2)\n    at f (program.js:1:30)\n    at evil\u001b[2J (program.js:1:31)'
    const { result } = await attack((guest) => {
      guest.say({ type: 'threw', error: { code: 'CODE_THREW', name: 'Error', message: 'x', stack } })
      guest.endTurn()
    })
    expect(result).toMatchObject({
      ok: false,
      error: { stack: expect.stringMatching(/^at f \(program\.js:1:\d+\)\nat evil2J/) },
    })
  })

  it.each([
    [{ why: 'limit', limit: 'memory' }, 'LIMIT_MEMORY'],
    [{ why: 'limit', limit: 'stack' }, 'LIMIT_STACK'],
    [{ why: 'limit', limit: 'cpu' }, 'LIMIT_CPU'],
    [{ why: 'limit', limit: 'turn' }, 'LIMIT_CPU'],
    [{ why: 'limit', limit: 'output' }, 'LIMIT_MESSAGE_SIZE'],
    [{ why: 'crashed', detail: 'a trap' }, 'SANDBOX_CRASHED'],
    [{ why: 'lost', running: true, detail: 'its neighbour' }, 'SANDBOX_CRASHED'],
  ] as const)('that exits with %j ends the execution with %s', async (exit, code) => {
    const { result } = await attack((guest) => guest.end(exit))
    expect(result).toMatchObject({ ok: false, error: { code } })
  })

  it('cannot block the event loop, because its messages are processed in time slices', async () => {
    let turns = 0
    const beating = setInterval(() => turns++, 1)
    const { result } = await attack(
      async (guest) => {
        guest.init.onOutput(Array(300_000).fill('{"type":"log","level":"log","text":""}'))
        guest.say('{"type":"returned"}\nj1')
        guest.endTurn()
      },
      {},
      { wallTimeMs: 60_000 },
    )
    clearInterval(beating)
    expect(result).toMatchObject({ ok: true, value: 1 })
    // Timers fired while the messages were processed.
    expect(turns).toBeGreaterThan(3)
  })
})
