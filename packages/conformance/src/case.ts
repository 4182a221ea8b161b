import type { ExecuteOptions, ExecuteResult, Guarantees, Limits, Sandbox, ToolSource } from '@glovebox/core'

/** What a case needs of the sandbox under test. */
export interface Bench {
  readonly sandbox: Sandbox
  /** Runs a program in a code mode of its own. */
  run(code: string, options?: RunOptions): Promise<ExecuteResult>
}

export interface RunOptions extends Pick<ExecuteOptions, 'signal' | 'onEvent'> {
  readonly tools?: ToolSource | readonly ToolSource[]
  readonly limits?: Limits
}

/** One behaviour. Its id is stable: expected failures and tables refer to it. */
export interface ConformanceCase {
  readonly id: string
  /** One sentence: what would go wrong for whom, if this did not hold. */
  readonly protects: string
  /** Guarantees without which the case makes no sense; it then shows nothing, and says so. */
  readonly needs?: Partial<Guarantees>
  /** @throws if the behaviour does not hold */
  run(bench: Bench): Promise<void>
}
