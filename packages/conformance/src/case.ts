import type { ExecuteOptions, ExecuteResult, Guarantees, Limits, Sandbox, ToolSource } from '@glovebox/core'

/** Provides a case with the adapter under test. */
export interface TestContext {
  readonly sandbox: Sandbox
  /** Runs a program in a new code mode. */
  run(code: string, options?: RunOptions): Promise<ExecuteResult>
  /** Runs a program in a guest whose runtime an attacker has replaced. See `tampering.ts`. */
  attack(code: string, options?: RunOptions): Promise<ExecuteResult>
  /** Opens another sandbox. The case may break it and must close it. */
  open(): Promise<Sandbox>
  /** Starts a disposable host of the same sandbox. Undefined if the adapter under test does not provide one. */
  readonly createDisposableHost?: (() => Promise<DisposableHost>) | undefined
}

/** Options of {@link TestContext.run}. */
export interface RunOptions extends Pick<ExecuteOptions, 'signal' | 'onEvent'> {
  readonly tools?: ToolSource | readonly ToolSource[]
  readonly limits?: Limits
}

/** A host process that a case may block or crash. */
export interface DisposableHost extends AsyncDisposable {
  /** Runs a program in the host. The promise may never settle; it rejects if the host exits. */
  run(code: string, limits?: Limits): Promise<ExecuteResult>
}

/** One tested behaviour. The id is stable, because expected failures and tables refer to it. */
export interface ConformanceCase {
  readonly id: string
  /** The behaviour that the case protects, as one sentence. */
  readonly protects: string
  /** Guarantees that the case requires. Without them the case is skipped. */
  readonly needs?: Partial<Guarantees>
  /**
   * The guarantee that the case attacks. If the adapter does not declare it, the case proves in a disposable host that
   * it does not hold.
   */
  readonly attacks?: keyof Guarantees
  /** The case replaces the runtime of its guests. It is skipped for adapters with `suppliesRuntime`. */
  readonly tampers?: true
  /**
   * Runs the case.
   *
   * @throws if the behaviour does not hold
   */
  run(context: TestContext): Promise<void>
}
