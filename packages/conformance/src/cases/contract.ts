import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import {
  adapterOf,
  type Guest,
  type GuestExit,
  guestRuntime,
  type RunInit,
  type SandboxAdapter,
} from '@glovebox/core/adapter'
import { prepareProgram } from '@glovebox/core/program'
import type { ConformanceCase, TestContext } from '../case.ts'

const INIT = { runtime: guestRuntime, memoryBytes: 64 * 1024 * 1024, stackBytes: 512 * 1024, alone: false }
const LIMITS = { cpuTimeMs: 5_000, turnMs: 5_000, outputBytes: 1_000_000 }
const START = JSON.stringify({
  type: 'start',
  version: 1,
  now: 1_700_000_000_000,
  seed: [1, 2, 3, 4],
  limits: { messageBytes: 1_000_000, resultBytes: 1_000_000, logBytes: 10_000 },
  namespaces: { tools: ['step'] },
})
const WAKE = JSON.stringify({ type: 'wake', now: 1_700_000_000_100 })

/** Output and turns received from a guest. */
interface Heard {
  readonly output: string[]
  readonly turns: number[]
  /** Names of the callbacks, in the order in which they were called. */
  readonly order: string[]
}

/** Runs a program in a guest, waits until `until` turns are over or the guest exits, and returns what was received. */
async function hear(guest: Guest, code: string, { until = 1, sends = [] as readonly string[] } = {}): Promise<Heard> {
  const { name, source } = await prepareProgram(code)
  const heard: Heard = { output: [], turns: [], order: [] }
  await new Promise<void>((resolve) => {
    const init: RunInit = {
      program: { name, source },
      first: START,
      limits: LIMITS,
      onOutput: (messages) => {
        heard.output.push(...messages)
        heard.order.push('output')
      },
      onTurn: ({ index }) => {
        heard.turns.push(index)
        heard.order.push('turn')
        if (heard.turns.length === until) resolve()
      },
    }
    guest.run(init)
    heard.order.push('run')
    for (const message of sends) guest.send(message)
    guest.exited.then(() => resolve())
  })
  return heard
}

async function withAdapter({ open }: TestContext, test: (adapter: SandboxAdapter) => Promise<void>): Promise<void> {
  await using adapter = adapterOf(await open())
  await test(adapter)
}

function withGuest(context: TestContext, test: (guest: Guest) => Promise<void>): Promise<void> {
  return withAdapter(context, async (adapter) => {
    const guest = await adapter.start(INIT)
    await test(guest)
    await guest.terminate()
  })
}

/** Contract between an adapter and the core: each operation in each state of a guest and of its sandbox. */
export const contract: readonly ConformanceCase[] = [
  {
    id: 'contract.turns',
    protects: 'each message is one turn, and turns are reported in order, after their output',
    run: (context) =>
      withGuest(context, async (guest) => {
        const code = 'console.log("a"); await new Promise((r) => setTimeout(r, 50)); return "b"'
        const { output, turns, order } = await hear(guest, code, { until: 2, sends: [WAKE] })
        assert.deepEqual(turns, [0, 1])
        assert.deepEqual(
          output.map((text) => JSON.parse(text.split('\n')[0] as string).type).filter((type) => type !== 'wake'),
          ['log', 'returned'],
        )
        assert.ok(order.lastIndexOf('output') < order.lastIndexOf('turn'), order.join())
      }),
  },
  {
    id: 'contract.not-re-entrant',
    protects: 'callbacks are never called from within `run` or `send`',
    run: (context) =>
      withGuest(context, async (guest) => {
        const { order } = await hear(guest, 'console.log("a"); return 1')
        assert.equal(order[0], 'run')
      }),
  },
  {
    id: 'contract.terminate-unused',
    protects: 'a guest that never ran can be terminated',
    run: (context) =>
      withGuest(context, async (guest) => {
        await guest.terminate()
        assert.equal((await guest.exited).why, 'terminated')
      }),
  },
  {
    id: 'contract.terminate-twice',
    protects: 'terminating a guest twice has no further effect',
    run: (context) =>
      withGuest(context, async (guest) => {
        await hear(guest, 'await new Promise((r) => setTimeout(r, 1e6))')
        await Promise.all([guest.terminate(), guest.terminate()])
        await guest.terminate()
        assert.equal((await guest.exited).why, 'terminated')
      }),
  },
  {
    id: 'contract.silent-after-exit',
    protects: 'a terminated guest sends no further messages and ignores new ones',
    run: (context) =>
      withGuest(context, async (guest) => {
        const heard = await hear(guest, 'await new Promise((r) => setTimeout(r, 50)); console.log("late"); return 1')
        await guest.terminate()
        const before = heard.order.length
        guest.send(WAKE)
        await delay(50)
        assert.equal(heard.order.length, before)
      }),
  },
  {
    id: 'contract.send-before-the-turn-ends',
    protects: 'messages sent during a turn are queued, and none is lost',
    run: (context) =>
      withGuest(context, async (guest) => {
        const code = 'let n = 0; setInterval(() => console.log(++n), 1); await new Promise(() => {})'
        const { turns } = await hear(guest, code, { until: 21, sends: Array.from({ length: 20 }, () => WAKE) })
        assert.deepEqual(
          turns,
          Array.from({ length: 21 }, (_, index) => index),
        )
      }),
  },
  {
    id: 'contract.guests-side-by-side',
    protects: 'guests of one adapter do not receive messages of each other',
    run: (context) =>
      withAdapter(context, async (adapter) => {
        const guests = await Promise.all([adapter.start(INIT), adapter.start(INIT), adapter.start(INIT)])
        const heard = await Promise.all(guests.map((guest, index) => hear(guest, `console.log("guest ${index}")`)))
        for (const [index, { output }] of heard.entries()) {
          assert.ok(output[0]?.includes(`guest ${index}`), output.join())
          assert.equal(output.filter((text) => text.includes('guest')).length, 1)
        }
        await Promise.all(guests.map((guest) => guest.terminate()))
      }),
  },
  {
    id: 'contract.alone',
    protects: 'a guest in quarantine runs like any other guest',
    run: (context) =>
      withAdapter(context, async (adapter) => {
        const guest = await adapter.start({ ...INIT, alone: true })
        assert.ok((await hear(guest, 'console.log("alone")')).output[0]?.includes('alone'))
        await guest.terminate()
      }),
  },
  {
    id: 'contract.start-aborted',
    protects: 'an aborted start rejects with the reason of its signal, and the adapter continues to work',
    run: (context) =>
      withAdapter(context, async (adapter) => {
        const reason = new Error('no longer')
        const outcome = await adapter.start({ ...INIT, alone: true, signal: AbortSignal.abort(reason) }).then(
          // The adapter may return a guest that is immediately available despite the abort.
          (guest) => guest.terminate().then(() => reason),
          (error: unknown) => error,
        )
        assert.equal(outcome, reason)
        const guest = await adapter.start(INIT)
        assert.ok((await hear(guest, 'console.log("on")')).output[0]?.includes('on'))
        await guest.terminate()
      }),
  },
  {
    id: 'contract.close-ends-guests',
    protects: 'closing the adapter ends every guest, including guests that never ran',
    needs: { stopsLoops: true },
    run: async ({ open }) => {
      const sandbox = await open()
      const adapter = adapterOf(sandbox)
      const guests = await Promise.all([adapter.start(INIT), adapter.start(INIT)])
      await hear(guests[0] as Guest, 'await new Promise((r) => setTimeout(r, 1e6))')
      await adapter.close()
      await adapter.close()
      const exits = await Promise.all(guests.map((guest) => guest.exited))
      for (const { why } of exits) assert.match(why, /^(?:terminated|lost)$/)
      await assert.rejects(adapter.start(INIT), { code: 'SANDBOX_CLOSED' })
      await sandbox.close()
    },
  },
  {
    id: 'contract.output-limit',
    protects: 'a turn with too much output ends the guest at its source, before the output reaches the host',
    run: (context) =>
      withGuest(context, async (guest) => {
        const code = 'for (let i = 0; i < 100; i++) tools.step("x".repeat(50_000) + i)'
        await hear(guest, code)
        const exit = await Promise.race([guest.exited, delay(5_000, undefined, { ref: false })])
        assert.deepEqual(exit && pick(exit), { why: 'limit', limit: 'output' })
      }),
  },
  {
    id: 'contract.names',
    protects: 'an adapter reports its name and the build of its engine',
    run: async ({ sandbox }) => {
      const { name, engine } = adapterOf(sandbox)
      assert.match(name, /^[a-z][a-z0-9-]*$/)
      assert.ok(engine.length > 0)
    },
  },
]

const pick = (exit: GuestExit): object => ({ why: exit.why, ...('limit' in exit ? { limit: exit.limit } : {}) })
