import { setTimeout as delay } from 'node:timers/promises'
import type { Guest, GuestExit, SandboxAdapter } from '@glovebox/core/adapter'
import { describe, expect, it } from 'vitest'
import { workerdAdapter } from '../src/adapter.ts'
import { OPEN_RUNTIME } from './workers/probe.ts'

const CPU_TIME_MS = 300
const INIT = { runtime: OPEN_RUNTIME, memoryBytes: 64 * 1024 * 1024, stackBytes: 1, alone: false }

/** Runs a program in its first turn. */
function run(guest: Guest, body: string): Promise<void> {
  return new Promise((resolve) => {
    guest.run({
      program: { name: 'program.js', source: `               async()=>{${body}}` },
      first: 'start',
      limits: { cpuTimeMs: CPU_TIME_MS, turnMs: 60_000, outputBytes: 1_000 },
      onOutput: () => {},
      onTurn: () => resolve(),
    })
  })
}

const COMPUTE_LATER = 'setTimeout(() => { for (;;); }, 100)'
const SUSPECT: GuestExit = { why: 'lost', running: true, detail: expect.any(String) as never }

/** Starts two guests in one process. The runtime leaves timers enabled, so that the first can compute out of turn. */
async function withOffender(test: (adapter: SandboxAdapter, offender: Guest, neighbour: Guest) => Promise<void>) {
  await using adapter = workerdAdapter({ min: 1, max: 1, guestsPerProcess: 3 })
  const [offender, neighbour] = [await adapter.start(INIT), await adapter.start(INIT)]
  await run(offender, COMPUTE_LATER)
  await delay(300)
  await test(adapter, offender, neighbour)
}

describe('a guest that computes out of turn', () => {
  it('does not cause a limit exit of the neighbour whose turn it takes', async () => {
    await withOffender(async (_, offender, neighbour) => {
      run(neighbour, '')
      expect(await neighbour.exited).toEqual(SUSPECT)
      expect(await offender.exited).toMatchObject({ why: 'lost' })
    })
  })

  it('does not prevent the creation of another guest, and is lost as a suspect', async () => {
    await withOffender(async (adapter, offender, neighbour) => {
      const fresh = await adapter.start(INIT)
      expect(await offender.exited).toEqual(SUSPECT)
      expect(await neighbour.exited).toMatchObject({ why: 'lost', running: false })
      await run(fresh, '')
    })
  })

  it('exceeds its CPU limit if it has no neighbour', async () => {
    await using adapter = workerdAdapter({ min: 1, max: 1, guestsPerProcess: 3 })
    const offender = await adapter.start({ ...INIT, alone: true })
    await run(offender, COMPUTE_LATER)
    await delay(300)
    offender.send('anything')
    expect(await offender.exited).toMatchObject({ why: 'limit', limit: 'cpu' })
  })
})
