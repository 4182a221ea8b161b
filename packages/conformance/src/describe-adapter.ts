import { createCodeMode, type Sandbox } from '@glovebox/core'
import { afterAll, beforeAll, describe, it, type TestContext } from 'vitest'
import type { Bench, ConformanceCase } from './case.ts'
import { calls } from './cases/calls.ts'
import { consoleCases } from './cases/console.ts'
import { determinism } from './cases/determinism.ts'
import { globals } from './cases/globals.ts'
import { hostile } from './cases/hostile.ts'
import { lifecycle } from './cases/lifecycle.ts'
import { limits } from './cases/limits.ts'
import { programs } from './cases/programs.ts'
import { reading } from './cases/reading.ts'
import { recovery } from './cases/recovery.ts'
import { values } from './cases/values.ts'

export interface AdapterUnderTest {
  readonly name: string
  /** A new sandbox, which the suite closes. */
  create(): Sandbox | Promise<Sandbox>
}

/** What takes half a minute on two free cores must not fail on busy ones. */
const PATIENCE_MS = 300_000

/** Every case, by group. */
export const CASES: Readonly<Record<string, readonly ConformanceCase[]>> = {
  lifecycle,
  programs,
  reading,
  values,
  calls,
  console: consoleCases,
  limits,
  determinism,
  globals,
  hostile,
  recovery,
}

/** Defines the whole suite for one adapter, as tests of vitest. */
export function describeAdapter({ name, create }: AdapterUnderTest): void {
  describe(`${name} conforms`, () => {
    let bench: Bench
    beforeAll(async () => {
      bench = createBench(await create())
    })
    afterAll(() => bench.sandbox.close())

    for (const [group, cases] of Object.entries(CASES)) {
      describe(group, () => {
        for (const each of cases) {
          const run = async (context: TestContext) => {
            const lacking = lackingGuarantee(bench.sandbox, each)
            if (lacking !== undefined) context.skip(`the adapter declares that it does not give ${lacking}`)
            await each.run(bench)
          }
          it(`${each.id}: ${each.protects}`, run, PATIENCE_MS)
        }
      })
    }
  })
}

function createBench(sandbox: Sandbox): Bench {
  return {
    sandbox,
    run: async (code, { tools = {}, limits, ...options } = {}) => {
      await using codeMode = await createCodeMode({ sandbox, tools, ...(limits === undefined ? {} : { limits }) })
      return await codeMode.execute(code, options)
    },
  }
}

function lackingGuarantee(sandbox: Sandbox, { needs = {} }: ConformanceCase): string | undefined {
  return Object.entries(needs).find(([key, value]) => sandbox.guarantees[key as keyof typeof needs] !== value)?.[0]
}
