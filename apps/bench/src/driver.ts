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
  /** What a hostile program can do to its host: nothing by design, end or freeze it, or anything. */
  readonly containment: 'contained' | 'in-process' | 'none'
  /** What executes the program. */
  readonly engine: string
  /** What a reader of the figures has to know. */
  readonly note?: string
  readonly nodeFlags: readonly string[]
  create(tools: Tools, limits: EngineLimits): Promise<Engine>
}
