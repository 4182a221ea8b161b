import type { Sandbox } from '@glovebox/core'

/** A sandbox adapter whose guests run in processes, as tests of those processes need to know it. */
export interface Backend {
  readonly package: string
  /** The name of the function that makes its sandbox. */
  readonly factory: string
  /** The address of the test that asks. */
  readonly from: string
  create(): Sandbox
  /** Where losing a process costs much, only each so-manieth hostile program runs while processes are killed. */
  readonly hostileStep?: number
  /** Whether a process, by its command line, is one of its own. */
  isWorker(commandLine: string): boolean
  /** What is said where its engine is not installed. */
  readonly missing: RegExp
}
