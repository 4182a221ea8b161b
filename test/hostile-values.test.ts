import { createProgramReader } from '@glovebox/adapter-node'
import { createCodeMode, defineTool } from '@glovebox/core'
import { createSandbox, type Guest, type GuestExit, type RunInit, type SandboxAdapter } from '@glovebox/core/adapter'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hostilePayload, hostileSchema } from './support/hostile-values.ts'

/** `pnpm proofs` runs 100,000 values. `FUZZ_SEED` repeats a run. */
const RUNS = Number(process.env.HOSTILE_VALUES ?? 150)
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
const isProof = RUNS >= 10_000
const MAX_WAIT_MS = 24 * 60 * 60 * 1_000

console.log(`hostile values: FUZZ_SEED=${SEED} HOSTILE_VALUES=${RUNS}`)

/** Returns the page faults of this process. In a virtual machine one may take 20 µs, a hundred times the usual time. */
const pageFaults = (): number => process.resourceUsage().minorPageFault

/** Measures the time of the first access to a page, in ms. */
function measurePageFault(): number {
  const memory = Buffer.allocUnsafeSlow(40_000_000)
  const [faults, began] = [pageFaults(), threadMs()]
  for (let at = 0; at < memory.length; at += 4_096) memory[at] = 1
  return (threadMs() - began) / Math.max(1, pageFaults() - faults)
}

/** Returns the CPU time of this thread in ms. */
const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** The payload of a compromised guest, with the CPU time and page faults of the host's thread at each message. */
interface Attack {
  payload: string
  sentAt: number[]
  faultsAt: number[]
}

/** A compromised guest that calls a tool with a payload and returns the same payload as its result. */
class TakenOver implements Guest {
  readonly exited: Promise<GuestExit>
  readonly #attack: Attack
  readonly #exit: (exit: GuestExit) => void
  #init: RunInit | undefined

  constructor(attack: Attack) {
    this.#attack = attack
    const exited = Promise.withResolvers<GuestExit>()
    this.exited = exited.promise
    this.#exit = exited.resolve
  }

  run(init: RunInit): void {
    this.#init = init
    this.#say(init, 0, '{"type":"call","id":1,"tool":"tools.take"}')
  }

  send(): void {
    if (this.#init !== undefined) this.#say(this.#init, 1, '{"type":"returned"}')
  }

  #say(init: RunInit, index: number, header: string): void {
    setImmediate(() => {
      this.#attack.sentAt.push(threadMs())
      this.#attack.faultsAt.push(pageFaults())
      init.onOutput([`${header}\n${this.#attack.payload}`])
      init.onTurn({ index })
    })
  }

  async terminate(): Promise<void> {
    this.#exit({ why: 'terminated' })
  }
}

/** Creates an adapter around the scripted guest, so that only the work of the host is measured. */
function takenOver(attack: Attack): SandboxAdapter {
  return {
    name: 'compromised',
    engine: 'none',
    guarantees: {
      boundary: 'inline',
      stopsLoops: false,
      stopsNativeLoops: false,
      survivesOutOfMemory: false,
      memory: 'none',
      cpuTime: false,
      isolatesCrashes: false,
      deterministic: false,
    },
    start: async () => new TakenOver(attack),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

/** CPU time in ms above which a value is printed. */
const TOLD_MS = 40

/** Describes a value. Serializing copies the excerpt, because a slice would keep the whole payload in memory. */
const describe = (payload: string, schema: object): string =>
  JSON.stringify({ length: payload.length, begins: payload.slice(0, 60), schema: JSON.stringify(schema).slice(0, 200) })

it(
  'validating a hostile value against a hostile schema ends and costs the host little',
  async () => {
    const attack: Attack = { payload: '', sentAt: [], faultsAt: [] }
    await using sandbox = createSandbox(takenOver(attack), { ready: 0, reader: createProgramReader() })
    const costs: { ms: number; faults: number; text: string }[] = []
    const faultMs = measurePageFault()
    let runs = 0
    let residentAfterWarmUp = 0
    await fc.assert(
      fc.asyncProperty(hostilePayload, hostileSchema, async (given, schema) => {
        const input = {
          ...schema,
          $defs: { other: { anyOf: [{ type: 'number' }, { type: 'array', items: { $ref: '#' } }] } },
        }
        const take = defineTool({ inputSchema: input, execute: () => 1 })
        await using codeMode = await createCodeMode({ sandbox, tools: { take }, limits: { wallTimeMs: 20_000 } })
        Object.assign(attack, { payload: given, sentAt: [], faultsAt: [] })
        const result = await codeMode.execute('run')
        const times = [...attack.sentAt, threadMs()]
        const faults = [...attack.faultsAt, pageFaults()]
        for (const [index, sentAt] of attack.sentAt.entries()) {
          const ms = (times[index + 1] ?? 0) - sentAt
          const faulted = (faults[index + 1] ?? 0) - (faults[index] ?? 0)
          costs.push({ ms, faults: faulted, text: ms < TOLD_MS ? '' : describe(given, schema) })
        }
        if (!result.ok) expect(result.error.code).not.toBe('LIMIT_WALL_TIME')
        if (++runs === RUNS / 10) residentAfterWarmUp = process.memoryUsage.rss()
        if (isProof && runs % 2_000 === 0)
          process.stderr.write(`${runs} of ${RUNS} after ${Math.round(performance.now() / 1_000)} s\n`)
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: isProof },
    )
    costs.sort((left, right) => right.ms - left.ms)
    const at = (share: number) => costs[Math.floor(costs.length * (1 - share))]?.ms ?? 0
    const computed = costs
      .map(({ ms, faults }) => Math.max(0, ms - faults * faultMs))
      .sort((left, right) => right - left)
    const computedAt = (share: number) => computed[Math.floor(computed.length * (1 - share))] ?? 0
    const grown = (process.memoryUsage.rss() - residentAfterWarmUp) / 1e6
    console.log(
      `${costs.length} values: main-thread CPU p50 ${at(0.5).toFixed(2)}, p99 ${at(0.99).toFixed(1)}, p99.9 ${at(0.999).toFixed(1)}, p99.99 ${at(0.9999).toFixed(1)}, max ${costs[0]?.ms.toFixed(1)} ms; memory ${grown.toFixed(0)} MB more than after warm-up`,
    )
    console.log(
      `a page fault takes ${(faultMs * 1_000).toFixed(1)} µs; without them p99.9 ${computedAt(0.999).toFixed(1)}, p99.99 ${computedAt(0.9999).toFixed(1)}, max ${computedAt(1).toFixed(1)} ms`,
    )
    if (RUNS >= 1_000)
      console.log(
        costs
          .slice(0, 10)
          .map(({ ms, faults, text }) => `${ms.toFixed(1)} ms, ${faults} page faults ${text}`)
          .join('\n'),
      )
  },
  MAX_WAIT_MS,
)
