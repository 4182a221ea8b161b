import { createProgramReader, processPool } from '@glovebox/adapter-node'
import { assertKnownOptions, atLeast, createSandbox, type Sandbox } from '@glovebox/core/adapter'
import { isolatedVmAdapter } from '../adapter.ts'

export interface IsolatedVmOptions {
  /**
   * Maximum number of processes that guests share. Two to four of them are kept running, depending on the number of
   * processors. A guest that is isolated after a suspected fault gets an additional process. Default: 8.
   *
   * @default 8
   */
  readonly maxProcesses?: number
  /**
   * Maximum number of programs in one process. With 1, each program has its own process. Default: 128.
   *
   * @default 128
   */
  readonly guestsPerProcess?: number
  /**
   * Number of guests created ahead of time. With 0, each guest is created when a program needs it. Default: 1.
   *
   * @default 1
   */
  readonly ready?: number
}

const DEFAULT_GUESTS_PER_PROCESS = 128

/**
 * Creates a sandbox that runs each program in a new V8 isolate, in child processes. Requires the package `isolated-vm`.
 *
 * @throws `TypeError` if an option is unknown or out of range; `SandboxError` `SANDBOX_UNAVAILABLE` if isolated-vm is
 * not installed
 */
export function isolatedVm(options: IsolatedVmOptions = {}): Sandbox {
  assertKnownOptions('isolatedVm()', options, ['maxProcesses', 'guestsPerProcess', 'ready'])
  const pool = processPool(options, DEFAULT_GUESTS_PER_PROCESS)
  return createSandbox(isolatedVmAdapter(pool), {
    ready: atLeast('ready', options.ready ?? 1, 0),
    reader: createProgramReader(),
  })
}

export type { Sandbox }
