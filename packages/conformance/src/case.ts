import type { ExecuteOptions, ExecuteResult, Guarantees, Limits, Sandbox, ToolSource } from '@glovebox/core'

/** What a case needs of the adapter under test. */
export interface TestContext {
  readonly sandbox: Sandbox
  /** Runs a program in a code mode of its own. */
  run(code: string, options?: RunOptions): Promise<ExecuteResult>
  /** Runs a program in a guest whose runtime an attacker has replaced: see `tampering.ts`. */
  attack(code: string, options?: RunOptions): Promise<ExecuteResult>
  /** Another sandbox, for a case to break and to close. */
  open(): Promise<Sandbox>
  /** A host of such a sandbox that may be lost, where the adapter's author gave one. */
  readonly createDisposableHost?: (() => Promise<DisposableHost>) | undefined
}

export interface RunOptions extends Pick<ExecuteOptions, 'signal' | 'onEvent'> {
  readonly tools?: ToolSource | readonly ToolSource[]
  readonly limits?: Limits
}

/** A host that a weakness may hold up or end. */
export interface DisposableHost extends AsyncDisposable {
  /** Runs a program there. May never settle, and rejects where the host is lost. */
  run(code: string, limits?: Limits): Promise<ExecuteResult>
}

/** One behaviour. Its id is stable: expected failures and tables refer to it. */
export interface ConformanceCase {
  readonly id: string
  /** One sentence: what would go wrong for whom, if this did not hold. */
  readonly protects: string
  /** Guarantees without which the case makes no sense; it then shows nothing, and says so. */
  readonly needs?: Partial<Guarantees>
  /** Where this is not given, it is shown to be lacking, which takes a host that may be lost. */
  readonly attacks?: keyof Guarantees
  /** It replaces the runtime of its guests, which must therefore come from the host. */
  readonly tampers?: true
  /** @throws if the behaviour does not hold */
  run(context: TestContext): Promise<void>
}
