import { createCodeMode, type ExecuteResult, type Sandbox } from '@glovebox/core'
import type { ConformanceCase, DisposableHost, RunOptions, TestContext } from './case.ts'
import { CASES } from './cases.ts'
import { tamperWith } from './tampering.ts'

/** The adapter under test. */
export interface AdapterUnderTest {
  readonly name: string
  /** Creates a sandbox. The suite closes it. */
  create(): Sandbox | Promise<Sandbox>
  /**
   * Starts a disposable host of the same sandbox, for example with `forkHost` of
   * `@glovebox/conformance/disposable-host`. The suite proves there that guarantees which the adapter does not declare
   * do not hold.
   */
  createDisposableHost?(): Promise<DisposableHost>
  /**
   * Whether the adapter supplies the guest runtime itself. Cases that replace the runtime are then skipped.
   * Default: false.
   */
  readonly suppliesRuntime?: boolean
  /**
   * Whether a sample of all cases is enough where hostile programs are sampled, because another adapter of the same
   * engine runs the whole suite. Default: false.
   */
  readonly isSampled?: boolean
  /** Ids of cases that are expected to fail, each with the reason. A listed case that passes is reported as failed. */
  readonly expectedFailures?: Readonly<Record<string, string>>
}

const KEEP_ALIVE_MS = 1_000

/** The outcome of one case. */
export interface CaseReport {
  readonly id: string
  readonly group: string
  readonly outcome: 'passed' | 'failed' | 'failed as expected' | 'skipped'
  /** Error stack or reason, unless the case passed. */
  readonly detail?: string
  readonly durationMs: number
}

/** The outcomes of a run. */
export interface ConformanceReport {
  readonly name: string
  readonly cases: readonly CaseReport[]
}

export interface RunConformanceOptions extends AdapterUnderTest {
  /** Returns whether to run a case. Default: all cases run. */
  includes?(each: ConformanceCase): boolean
  /** Called after each case. */
  onCase?(report: CaseReport): void
}

/**
 * Runs the suite without a test runner, for example in a script or in a Worker. Cases run one after the other.
 *
 * @throws `TypeError` if `expectedFailures` contains an unknown id
 */
export async function runConformance(options: RunConformanceOptions): Promise<ConformanceReport> {
  checkExpectedFailures(options)
  await using context = await SandboxTestContext.create(options)
  // A guest does not keep the process alive, and some cases wait only for a guest.
  const alive = setInterval(() => {}, KEEP_ALIVE_MS)
  const cases: CaseReport[] = []
  try {
    for (const [group, each] of eachCase()) {
      if (options.includes?.(each) === false) continue
      const started = performance.now()
      const verdict = await judge(each, context, options)
      const report = { id: each.id, group, ...verdict, durationMs: performance.now() - started }
      cases.push(report)
      options.onCase?.(report)
    }
  } finally {
    clearInterval(alive)
  }
  return { name: options.name, cases }
}

/** Yields every case with the name of its group. */
function* eachCase(): Generator<readonly [group: string, each: ConformanceCase]> {
  for (const [group, cases] of Object.entries(CASES)) for (const each of cases) yield [group, each]
}

/** Runs one case and compares the outcome with `expectedFailures`. */
export async function judge(
  each: ConformanceCase,
  context: TestContext,
  adapter: AdapterUnderTest,
): Promise<Pick<CaseReport, 'outcome' | 'detail'>> {
  const lacking = whyNothingIsShown(each, context.sandbox, adapter)
  if (lacking !== undefined) return { outcome: 'skipped', detail: lacking }
  const reason = adapter.expectedFailures?.[each.id]
  try {
    await each.run(context)
  } catch (error) {
    if (reason !== undefined) return { outcome: 'failed as expected', detail: reason }
    return { outcome: 'failed', detail: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
  if (reason === undefined) return { outcome: 'passed' }
  return {
    outcome: 'failed',
    detail: `The case passes, but \`expectedFailures\` lists it (${reason}). Remove it from the list.`,
  }
}

/** The context that all cases of one adapter share. */
export class SandboxTestContext implements TestContext, AsyncDisposable {
  readonly sandbox: Sandbox
  readonly open: () => Promise<Sandbox>
  readonly createDisposableHost: (() => Promise<DisposableHost>) | undefined
  #tampered: Promise<Sandbox> | undefined

  private constructor(sandbox: Sandbox, { create, createDisposableHost }: AdapterUnderTest) {
    this.sandbox = sandbox
    this.open = async () => create()
    this.createDisposableHost = createDisposableHost
  }

  static async create(adapter: AdapterUnderTest): Promise<SandboxTestContext> {
    return new SandboxTestContext(await adapter.create(), adapter)
  }

  // These are properties, not methods, because cases destructure the context.
  readonly run: TestContext['run'] = (code, options) => runIn(this.sandbox, code, options)

  readonly attack: TestContext['attack'] = async (code, options) => {
    this.#tampered ??= this.open().then(tamperWith)
    return await runIn(await this.#tampered, code, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox.close()
    const tampered = await this.#tampered
    await tampered?.close()
  }
}

async function runIn(
  sandbox: Sandbox,
  code: string,
  { tools = {}, limits, ...options }: RunOptions = {},
): Promise<ExecuteResult> {
  await using codeMode = await createCodeMode({ sandbox, tools, ...(limits === undefined ? {} : { limits }) })
  return await codeMode.execute(code, options)
}

/**
 * Checks that every id in `expectedFailures` is the id of a case.
 *
 * @throws `TypeError` if an id is unknown
 */
export function checkExpectedFailures({ name, expectedFailures = {} }: AdapterUnderTest): void {
  const known = new Set([...eachCase()].map(([, { id }]) => id))
  const unknown = Object.keys(expectedFailures).filter((id) => !known.has(id))
  if (unknown.length > 0)
    throw new TypeError(`\`expectedFailures\` of ${name} contains unknown case ids: ${unknown.join(', ')}`)
}

function whyNothingIsShown(
  { needs = {}, tampers }: ConformanceCase,
  { guarantees }: Sandbox,
  { suppliesRuntime }: AdapterUnderTest,
): string | undefined {
  if (tampers && suppliesRuntime) return 'the adapter supplies the guest runtime, so the suite cannot replace it'
  const lacking = Object.entries(needs).find(([key, value]) => guarantees[key as keyof typeof needs] !== value)
  return lacking && `the adapter does not declare the guarantee ${lacking[0]}`
}
