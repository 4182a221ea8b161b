import { createCodeMode, defineTool } from '@glovebox/core'
import { createSandbox, type Guest, type GuestExit, type RunInit, type SandboxAdapter } from '@glovebox/core/adapter'
import { createProgramReader, mainThreadTimeMsOf } from '@glovebox/node'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hostilePayload, hostileSchema } from './support/hostile-values.ts'

/** `pnpm proofs` runs 100,000 of them. A run is repeated by its seed. */
const RUNS = Number(process.env.HOSTILE_VALUES ?? 150)
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
const isProof = RUNS >= 10_000
const PATIENCE_MS = 24 * 60 * 60 * 1_000

console.log(`hostile values: FUZZ_SEED=${SEED} HOSTILE_VALUES=${RUNS}`)

/** CPU time of the main thread; elapsed time where the system does not report it. */
const mainThreadMs = () => mainThreadTimeMsOf(process.pid) ?? performance.now()

/** A guest that has been taken over: it calls a tool with one payload, and ends with another as its result. */
class TakenOver implements Guest {
  readonly exited: Promise<GuestExit>
  readonly #payload: () => string
  readonly #exit: (exit: GuestExit) => void
  #init: RunInit | undefined

  constructor(payload: () => string) {
    this.#payload = payload
    const exited = Promise.withResolvers<GuestExit>()
    this.exited = exited.promise
    this.#exit = exited.resolve
  }

  run(init: RunInit): void {
    this.#init = init
    setImmediate(() => {
      init.onOutput([`{"type":"call","id":1,"tool":"tools.take"}\n${this.#payload()}`])
      init.onTurn({ index: 0 })
    })
  }

  send(): void {
    setImmediate(() => {
      this.#init?.onOutput([`{"type":"returned"}\n${this.#payload()}`])
      this.#init?.onTurn({ index: 1 })
    })
  }

  async terminate(): Promise<void> {
    this.#exit({ why: 'terminated' })
  }
}

/** The real engine around a scripted guest, so that all that is measured is the host's own work. */
function takenOver(payload: () => string): SandboxAdapter {
  return {
    name: 'taken over',
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
    start: async () => new TakenOver(payload),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }
}

it(
  'a hostile value against a hostile schema ends, and costs its host little',
  async () => {
    let payload = ''
    await using sandbox = createSandbox(
      takenOver(() => payload),
      { ready: 0, reader: createProgramReader() },
    )
    const costs: { ms: number; text: string }[] = []
    let residentAfterWarmUp = 0
    await fc.assert(
      fc.asyncProperty(hostilePayload, hostileSchema, async (given, schema) => {
        payload = given
        const input = {
          ...schema,
          $defs: { other: { anyOf: [{ type: 'number' }, { type: 'array', items: { $ref: '#' } }] } },
        }
        const take = defineTool({ input, execute: () => 1 })
        await using codeMode = await createCodeMode({ sandbox, tools: { take }, limits: { wallTimeMs: 20_000 } })
        const before = mainThreadMs()
        const result = await codeMode.execute('run')
        costs.push({
          ms: mainThreadMs() - before,
          text: `${given.length} of ${given.slice(0, 60)}, ${JSON.stringify(schema).slice(0, 200)}`,
        })
        if (!result.ok) expect(result.error.code).not.toBe('LIMIT_WALL_TIME')
        if (costs.length === RUNS / 10) residentAfterWarmUp = process.memoryUsage.rss()
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: isProof },
    )
    costs.sort((left, right) => right.ms - left.ms)
    const at = (share: number) => costs[Math.floor(costs.length * (1 - share))]?.ms ?? 0
    const grown = (process.memoryUsage.rss() - residentAfterWarmUp) / 1e6
    console.log(
      `${costs.length} values: main-thread CPU p50 ${at(0.5).toFixed(2)}, p99 ${at(0.99).toFixed(1)}, p99.9 ${at(0.999).toFixed(1)}, p99.99 ${at(0.9999).toFixed(1)}, max ${costs[0]?.ms.toFixed(1)} ms; memory ${grown.toFixed(0)} MB more than after warm-up`,
    )
    if (RUNS >= 1_000)
      console.log(
        costs
          .slice(0, 10)
          .map(({ ms, text }) => `${ms.toFixed(1)} ms ${text}`)
          .join('\n'),
      )
  },
  PATIENCE_MS,
)
