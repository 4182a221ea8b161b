/** A tool takes and returns one JSON value. */
export type Tools = { readonly [name: string]: (input: unknown) => unknown }

export interface EngineLimits {
  readonly timeoutMs: number
  readonly memoryBytes: number
}

/** An engine that runs each program in a new sandbox. */
export interface Engine {
  /**
   * Runs the body of an async function that may use `await tools.<name>(input)` and `return`. Resolves to what it returns.
   *
   * @throws if the program fails
   */
  run(body: string): Promise<unknown>
  close(): Promise<void>
}

/** Default export of a module that creates an engine. Everything heavy is imported in `create`. */
export interface Driver {
  /** Name in the registry. */
  readonly name: string
  readonly version: string
  /** Harm that a hostile program can do to its host: none by design, its end or freeze, or any. */
  readonly containment: 'contained' | 'in-process' | 'none'
  /** Name of the engine that executes the program. */
  readonly engine: string
  /** Note for readers of the figures. */
  readonly note?: string
  readonly nodeFlags: readonly string[]
  create(tools: Tools, limits: EngineLimits): Promise<Engine>
}
