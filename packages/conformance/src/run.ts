import { createCodeMode, type Sandbox } from '@glovebox/core'
import type { Bench, ConformanceCase } from './case.ts'
import { CASES } from './cases.ts'

export interface AdapterUnderTest {
  readonly name: string
  /** A new sandbox, which the suite closes. */
  create(): Sandbox | Promise<Sandbox>
}

/** What a case has shown. */
export interface CaseReport {
  readonly id: string
  readonly group: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** What went wrong, or why nothing could be shown. */
  readonly detail?: string
  readonly durationMs: number
}

export interface ConformanceReport {
  readonly name: string
  readonly cases: readonly CaseReport[]
}

export interface RunConformanceOptions extends AdapterUnderTest {
  /** The cases to run. All of them unless told otherwise. */
  includes?(each: ConformanceCase): boolean
  /** Told of each case when it is over. */
  onCase?(report: CaseReport): void
}

/** Runs the suite without a test runner, one case after the other: in a script, in another runner, in a Worker. */
export async function runConformance(options: RunConformanceOptions): Promise<ConformanceReport> {
  const bench = createBench(await options.create())
  const reports: CaseReport[] = []
  try {
    for (const [group, cases] of Object.entries(CASES)) {
      for (const each of cases) {
        if (options.includes?.(each) === false) continue
        const report = await runCase(bench, group, each)
        reports.push(report)
        options.onCase?.(report)
      }
    }
  } finally {
    await bench.sandbox.close()
  }
  return { name: options.name, cases: reports }
}

async function runCase(bench: Bench, group: string, each: ConformanceCase): Promise<CaseReport> {
  const { id } = each
  const lacking = lackingGuarantee(bench.sandbox, each)
  if (lacking !== undefined) return { id, group, outcome: 'skipped', detail: lacking, durationMs: 0 }
  const started = performance.now()
  const took = () => performance.now() - started
  try {
    await each.run(bench)
    return { id, group, outcome: 'passed', durationMs: took() }
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { id, group, outcome: 'failed', detail, durationMs: took() }
  }
}

export function createBench(sandbox: Sandbox): Bench {
  return {
    sandbox,
    run: async (code, { tools = {}, limits, ...options } = {}) => {
      await using codeMode = await createCodeMode({ sandbox, tools, ...(limits === undefined ? {} : { limits }) })
      return await codeMode.execute(code, options)
    },
  }
}

/** Why a case can show nothing on a sandbox, if it cannot. */
export function lackingGuarantee({ guarantees }: Sandbox, { needs = {} }: ConformanceCase): string | undefined {
  const lacking = Object.entries(needs).find(([key, value]) => guarantees[key as keyof typeof needs] !== value)
  return lacking && `the adapter declares that it does not give ${lacking[0]}`
}
