import type { Sandbox } from '@glovebox/core'

/** A sandbox adapter whose guests run in processes, with the details that process tests need. */
export interface ProcessBackend {
  readonly package: string
  /** Name of the function that creates the sandbox. */
  readonly factory: string
  /** URL of the test file. */
  readonly from: string
  create(): Sandbox
  /** Runs only every n-th hostile program while processes are killed, if restarting a process is costly. */
  readonly hostileStep?: number
  /** Returns whether a command line belongs to a process of the adapter. */
  isWorker(commandLine: string): boolean
  /** The error message if the engine is not installed. */
  readonly missing: RegExp
}
