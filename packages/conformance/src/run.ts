import { createCodeMode, type ExecuteResult, type Sandbox } from '@glovebox/core'
import type { ConformanceCase, DisposableHost, RunOptions, TestContext } from './case.ts'
import { CASES } from './cases.ts'
import { tamperWith } from './tampering.ts'

export interface AdapterUnderTest {
  readonly name: string
  /** A new sandbox, which the suite closes. */
  create(): Sandbox | Promise<Sandbox>
  /**
   * Starts a host of the same sandbox that may be lost, such as `forkHost` of `@glovebox/conformance/disposable-host` gives.
   * What the adapter declares not to guarantee is shown there.
   */
  createDisposableHost?(): Promise<DisposableHost>
  /** Its guests' runtime does not come from the host that asks for them, which therefore cannot tamper with it. */
  readonly suppliesRuntime?: boolean
  /** Cases that fail, by id, and why. One that passes is stale, and fails for it. */
  readonly expectedFailures?: Readonly<Record<string, string>>
}

const KEEP_ALIVE_MS = 1_000

/** What a case has shown. */
export interface CaseReport {
  readonly id: string
  readonly group: string
  readonly outcome: 'passed' | 'failed' | 'failed as expected' | 'skipped'
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

/**
 * Runs the suite without a test runner, one case after the other: in a script, in another runner, in a Worker.
 *
 * @throws `TypeError` for an expected failure that is no case
 */
export async function runConformance(options: RunConformanceOptions): Promise<ConformanceReport> {
  checkExpectedFailures(options)
  await using context = await SandboxTestContext.create(options)
  // A guest keeps nobody's process alive, and some cases wait for nothing else.
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

/** Every case with the name of its group. */
function* eachCase(): Generator<readonly [group: string, each: ConformanceCase]> {
  for (const [group, cases] of Object.entries(CASES)) for (const each of cases) yield [group, each]
}

/** Runs one case and compares with what is expected of it. */
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
  return { outcome: 'failed', detail: `It passes, though it was expected to fail (${reason}): expect it no more.` }
}

/** What the cases of one adapter share. */
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

  // Cases take these apart from the context.
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

/** @throws `TypeError` for an id that no case has */
export function checkExpectedFailures({ name, expectedFailures = {} }: AdapterUnderTest): void {
  const known = new Set([...eachCase()].map(([, { id }]) => id))
  const unknown = Object.keys(expectedFailures).filter((id) => !known.has(id))
  if (unknown.length > 0) throw new TypeError(`${name} is expected to fail what is no case: ${unknown.join(', ')}`)
}

function whyNothingIsShown(
  { needs = {}, tampers }: ConformanceCase,
  { guarantees }: Sandbox,
  { suppliesRuntime }: AdapterUnderTest,
): string | undefined {
  if (tampers && suppliesRuntime) return "the runtime of its guests is not the host's to tamper with"
  const lacking = Object.entries(needs).find(([key, value]) => guarantees[key as keyof typeof needs] !== value)
  return lacking && `the adapter declares that it does not give ${lacking[0]}`
}
