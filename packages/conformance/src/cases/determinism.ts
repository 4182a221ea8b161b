import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sandbox } from '@glovebox/core'
import { recordRun, replayRun } from '@glovebox/core/adapter'
import { returned } from '../assert.ts'
import type { ConformanceCase } from '../case.ts'

/** A program whose result depends on calls, timers, randomness, the clock and the order of answers. */
const BUSY_PROGRAM = `
const out = []
const task = async (i) => {
  if (i % 3 === 0) await null
  let got
  try {
    got = await tools.work({ i, r: Math.random(), t: Date.now() })
  } catch (e) {
    console.log('caught', i, e.message)
    got = { n: 1 }
  }
  for (let k = 0; k < got.n; k++) {
    for await (const x of [1, Promise.resolve(2)]) out.push([i, k, x, Date.now()])
  }
  const inner = await Promise.race([
    tools.sub({ i, id: crypto.randomUUID() }),
    new Promise((r) => setTimeout(r, Math.floor(Math.random() * 12), { n: -i })),
  ])
  console.log('task', i, inner.n, performance.now())
  const timer = setTimeout(() => out.push('never'), 30)
  if (Math.random() < 0.7) clearTimeout(timer)
  return inner.n + Math.random()
}
const results = await Promise.all(Array.from({ length: 8 }, (_, i) => task(i)))
return { results, out, at: new Date().toISOString() }`

const tools = {
  work: async ({ i }: { i: number }) => {
    await delay(Math.random() * 15)
    if (Math.random() < 0.2) throw new Error(`busy ${i}`)
    return { n: Math.floor(Math.random() * 3) }
  },
  sub: async ({ i }: { i: number }) => {
    await delay(Math.random() * 12)
    return { n: i * 100 }
  },
}

/**
 * Records a run in one sandbox and repeats it in another. The guest must do exactly the same, even on another engine.
 *
 * @throws if the runs differ
 */
export async function replayAcross(recorder: Sandbox, replayer: Sandbox): Promise<void> {
  const { result, run } = await recordRun(recorder, { code: BUSY_PROGRAM, tools })
  assert.ok(result.ok, JSON.stringify(result))
  assert.deepEqual(await replayRun(replayer, run), { isSame: true })
}

export const determinism: readonly ConformanceCase[] = [
  {
    id: 'determinism.replay',
    protects:
      'a recorded run that is replayed in a new guest makes the same calls and returns the same result, without calling tools',
    needs: { deterministic: true },
    run: async ({ sandbox }) => {
      for (let round = 0; round < 5; round++) await replayAcross(sandbox, sandbox)
    },
  },
  {
    id: 'determinism.replay-needs-all',
    protects: 'a replay depends on the recorded messages: changing one changes the result',
    needs: { deterministic: true },
    run: async ({ sandbox }) => {
      const { run } = await recordRun(sandbox, { code: 'return Math.random()', tools: {} })
      const entries = run.entries.map((entry) =>
        entry.type === 'in' ? { ...entry, message: entry.message.replace(/"seed":\[\d+/, '"seed":[1') } : entry,
      )
      const replay = await replayRun(sandbox, { ...run, entries })
      assert.ok(!replay.isSame && replay.at === 'end' && replay.received !== undefined)
    },
  },
  {
    id: 'determinism.date-texts',
    protects: 'date strings are parsed the same on every engine, with or without surrounding whitespace',
    run: async ({ run }) => {
      const code = `return ['2024-01-05', '\\n2024-01-05', ' 2024-01-05\\t', '2024-01-05t00:00:00z', '2024-01-05T00:00', 'Jan 5 2024', 'x']
        .map((text) => [Date.parse(text), new Date(text).getTime()])`
      const day = [1_704_412_800_000, 1_704_412_800_000]
      returned(await run(code), [...Array.from({ length: 6 }, () => day), [Number.NaN, Number.NaN]])
    },
  },
  {
    id: 'determinism.clock',
    protects: 'the clock does not advance within a turn, but advances with each message',
    run: async ({ run }) => {
      returned(
        await run(
          `const a = Date.now(); for (let i = 0; i < 1e5; i++); const same = Date.now() === a && performance.now() === performance.now()
          await tools.wait(); const moved = Date.now() > a
          await new Promise((r) => setTimeout(r, 20)); return [same, moved, Date.now() - a >= 30]`,
          { tools: { wait: () => delay(15) } },
        ),
        [true, true, true],
      )
    },
  },
  {
    id: 'determinism.seeds',
    protects: 'two runs do not share random values',
    run: async ({ run }) => {
      const code =
        'return [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(8))].join()].join()'
      const [a, b] = await Promise.all([run(code), run(code)])
      assert.ok(a?.ok && b?.ok && a.value !== b.value)
    },
  },
  {
    id: 'determinism.utc',
    protects: 'dates use UTC and one format, whatever the locale and time zone of the host',
    run: async ({ run }) => {
      returned(
        await run(`const d = new Date(2024, 1, 29, 13, 5, 9)
          return [String(d), d.toISOString(), d.getTimezoneOffset(), d.getHours(), d.toLocaleString(), d.toLocaleDateString(), new Date('2024-02-29T13:05:09').getTime() === d.getTime(), new Date('Feb 29 2024 13:05:09').getTime() === d.getTime(), new Date('2024-02-29T13:05:09+02:00').getUTCHours(), String(new Date(NaN)), Date.parse('01-02-2020') === Date.UTC(2020, 0, 2), new Date('Jan 2 2020 10:00 GMT+0200').getUTCHours()]`),
        [
          'Thu Feb 29 2024 13:05:09 GMT+0000 (Coordinated Universal Time)',
          '2024-02-29T13:05:09.000Z',
          0,
          13,
          '2/29/2024, 1:05:09 PM',
          '2/29/2024',
          true,
          true,
          11,
          'Invalid Date',
          true,
          8,
        ],
      )
    },
  },
  {
    id: 'determinism.formatted-clock',
    protects: "a date format without an argument uses the program's clock",
    run: async ({ run }) => {
      const options = '{ fractionalSecondDigits: 3, second: "numeric", timeZoneName: "short" }'
      returned(
        await run(`const format = new Intl.DateTimeFormat('en', ${options})
          const parts = (at) => format.formatToParts(at).map(({ value }) => value).join('')
          await new Promise((resolve) => setTimeout(resolve, 20))
          return [format.format() === format.format(Date.now()), parts() === parts(Date.now()), format.format === format.format, format.format().includes('UTC')]`),
        [true, true, true, true],
      )
    },
  },
  {
    id: 'determinism.timers',
    protects: 'timers fire in order of time and creation, each in a separate turn, and can be cleared',
    run: async ({ run }) => {
      returned(
        await run(`const out = []
          setTimeout(() => { out.push('a'); Promise.resolve().then(() => out.push('micro')) }, 5)
          setTimeout((x) => out.push(x), 5, 'b')
          setTimeout(() => out.push('first'), 1)
          const gone = setTimeout(() => out.push('gone'), 2); clearTimeout(gone)
          let ticks = 0
          await new Promise((r) => { const i = setInterval(() => { if (++ticks === 3) { clearInterval(i); r() } }, 4) })
          return [out, ticks]`),
        [['first', 'a', 'micro', 'b'], 3],
      )
    },
  },
]
