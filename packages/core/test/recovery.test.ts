import { describe, expect, it } from 'vitest'
import { createCodeMode } from '../src/code-mode.ts'
import type { GuestExit } from '../src/contract/adapter.ts'
import { DEFAULT_LIMITS } from '../src/contract/limits.ts'
import { type RecordedRun, replayRun } from '../src/execution/recorded-run.ts'
import { createSandbox } from '../src/sandbox/sandbox.ts'
import { ScriptedAdapter, type ScriptedGuest } from './scripted-adapter.ts'

type Life = (guest: ScriptedGuest) => void | Promise<void>

const INNOCENT: GuestExit = { why: 'lost', running: false, detail: 'its process ended' }
const SUSPECT: GuestExit = { why: 'lost', running: true, detail: 'its process ended' }

const call = (id: number, payload = 'j{}') => `{"type":"call","id":${id},"tool":"tools.step"}\n${payload}`
const log = (text: string) => ({ type: 'log', level: 'log', text })
const RETURNED = '{"type":"returned"}\nj"end"'

/** Runs a program whose guests follow these scripts in order. The last script repeats. */
async function live(lives: readonly Life[], step: () => unknown = () => 1) {
  let next = 0
  let made = 0
  const adapter = new ScriptedAdapter((guest) => (lives[next++] ?? (lives.at(-1) as Life))(guest))
  await using sandbox = createSandbox(adapter, { ready: 0 })
  const tools = {
    step: () => {
      made++
      return step()
    },
  }
  await using codeMode = await createCodeMode({ sandbox, tools, limits: { wallTimeMs: 5_000 } })
  const result = await codeMode.execute('await tools.step()')
  return { result, adapter, made }
}

/** A recorded run of one message, whose guest wrote one line and returned 1. */
const RECORDED: RecordedRun = {
  engine: 'scripted@1',
  program: { name: 'program.js', source: '' } as RecordedRun['program'],
  limits: DEFAULT_LIMITS,
  entries: [
    { type: 'in', message: '{"type":"start"}' },
    { type: 'call', call: 1, tool: 'tools.step', input: 'j{}', timeMs: 1 },
    { type: 'log', level: 'log', text: 'said', timeMs: 2 },
    { type: 'settled', call: 1, now: 3, timeMs: 3, outcome: { ok: true, payload: 'j1' } },
    { type: 'ended', status: 'succeeded', timeMs: 4, message: RETURNED },
  ],
}
const faithful: Life = async (guest) => {
  guest.say(call(1), log('said'))
  guest.endTurn()
  guest.say(RETURNED)
  guest.endTurn()
}

describe('a recorded run', () => {
  async function replayOn(...lives: Life[]) {
    const adapter = new ScriptedAdapter((guest) => (lives.length > 1 ? lives.shift() : lives[0])?.(guest))
    await using sandbox = createSandbox(adapter, { ready: 0 })
    return { replay: await replayRun(sandbox, RECORDED), adapter }
  }

  it('is repeated without calling tools', async () => {
    const { replay, adapter } = await replayOn(faithful)
    expect(replay).toEqual({ isSame: true })
    expect(adapter.guests[0]?.received).toHaveLength(2)
  })

  it('is repeated in another guest if the first is lost', async () => {
    const { replay, adapter } = await replayOn((guest) => {
      guest.say(call(1), log('said'))
      guest.end(SUSPECT)
    }, faithful)
    expect(replay).toEqual({ isSame: true })
    expect(adapter.started.map(({ alone }) => alone)).toEqual([false, true])
  })

  it.each<[string, Life, object]>([
    [
      'another input',
      (guest) => guest.say(call(1, 'j{"a":1}')),
      { at: 'entry', divergence: { received: { type: 'call', input: 'j{"a":1}' } } },
    ],
    [
      'a call that the record does not have',
      (guest) => guest.say(call(1), call(2)),
      { at: 'entry', divergence: { expected: undefined, received: { call: 2 } } },
    ],
    [
      'another line',
      (guest) => guest.say(call(1), log('x')),
      { at: 'entry', divergence: { expected: { text: 'said' } } },
    ],
    [
      'another result',
      (guest) => {
        guest.say(call(1), log('said'), '{"type":"returned"}\nj2')
        guest.endTurn()
      },
      { at: 'end', expected: RETURNED, received: '{"type":"returned"}\nj2' },
    ],
    [
      'no result',
      (guest) => {
        guest.say(call(1), log('said'))
        guest.endTurn()
        guest.endTurn()
      },
      { at: 'end', expected: RETURNED },
    ],
  ])('reports the first difference: %s', async (_, life, expected) => {
    const { replay } = await replayOn(life)
    expect(replay).toMatchObject({ isSame: false, ...expected })
  })

  it('cannot be repeated if every guest is lost', async () => {
    await expect(replayOn((guest) => guest.end(SUSPECT))).rejects.toMatchObject({ code: 'SANDBOX_UNAVAILABLE' })
  })
})

describe('a run whose guest is lost', () => {
  it('continues in a new guest that receives the same messages', async () => {
    const answered: Life = async (guest) => {
      guest.say(log('first'), call(1))
      guest.endTurn()
      await guest.hears()
      guest.end(INNOCENT)
    }
    const { result, adapter, made } = await live([
      answered,
      async (guest) => {
        guest.say(log('first'), call(1))
        guest.endTurn()
        while (guest.received.length < 2) await guest.hears()
        guest.say(log('second'), RETURNED)
        guest.endTurn()
      },
    ])
    expect(result).toMatchObject({ ok: true, value: 'end' })
    expect(made).toBe(1)
    expect(result.logs.map(({ text }) => text)).toEqual(['first', 'second'])
    expect(result.calls).toHaveLength(1)
    const [lost, fresh] = adapter.guests.map(({ received }) => received)
    expect(fresh?.slice(0, lost?.length)).toEqual(lost)
  })

  it('receives the answer of a call that settled while it had no guest', async () => {
    let answer = (_: unknown): void => {}
    const answers = new Promise((resolve) => {
      answer = resolve
    })
    const { result, made } = await live(
      [
        (guest) => {
          guest.say(call(1))
          guest.endTurn()
          guest.end(INNOCENT)
          answer('late')
        },
        async (guest) => {
          guest.say(call(1))
          guest.endTurn()
          while (guest.received.length < 2) await guest.hears()
          guest.say(`{"type":"returned"}\n${guest.received[1]?.split('\n')[1]}`)
          guest.endTurn()
        },
      ],
      () => answers,
    )
    expect(result).toMatchObject({ ok: true, value: 'late' })
    expect(made).toBe(1)
  })

  it('is repeated in isolation only if it may have caused the loss', async () => {
    const ending: Life = (guest) => {
      guest.say(RETURNED)
      guest.endTurn()
    }
    const { adapter } = await live([(guest) => guest.end(INNOCENT), (guest) => guest.end(SUSPECT), ending])
    expect(adapter.started.map(({ alone }) => alone)).toEqual([false, false, true])
  })

  it('discards a result from a turn that did not end', async () => {
    const { result } = await live([
      (guest) => {
        guest.say('{"type":"returned"}\nj"too early"')
        guest.end(SUSPECT)
      },
      (guest) => {
        guest.say(RETURNED)
        guest.endTurn()
      },
    ])
    expect(result).toMatchObject({ ok: true, value: 'end' })
  })

  it('fails if it makes a different call when it is repeated', async () => {
    const calling = (payload: string, exit?: GuestExit): Life => {
      return (guest) => {
        guest.say(call(1, payload))
        if (exit !== undefined) guest.end(exit)
        else guest.endTurn()
      }
    }
    const { result, made } = await live([calling('j{}', INNOCENT), calling('j{"other":1}')])
    expect(result).toMatchObject({ ok: false, error: { code: 'SANDBOX_CRASHED' } })
    expect(made).toBe(1)
  })

  it('fails if it is in a turn at every loss', async () => {
    const { result, adapter } = await live([(guest) => guest.end(SUSPECT)])
    expect(result).toMatchObject({ ok: false, error: { code: 'SANDBOX_CRASHED' } })
    expect(adapter.guests).toHaveLength(11)
  })

  it('fails if its messages were too large to keep', async () => {
    const text = 'x'.repeat(12 * 1024 * 1024)
    const { result } = await live(
      [
        async (guest) => {
          for (let id = 1; id <= 3; id++) {
            guest.say(call(id))
            guest.endTurn()
            await guest.hears()
          }
          guest.end(INNOCENT)
        },
        (guest) => guest.endTurn(),
      ],
      () => text,
    )
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'SANDBOX_CRASHED', message: expect.stringContaining('too long') },
    })
  })
})
