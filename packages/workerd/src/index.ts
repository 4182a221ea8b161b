import { createProgramReader, processPool } from '@glovebox/adapter-node'
import { assertKnownOptions, atLeast, createSandbox, type Sandbox } from '@glovebox/core/adapter'
import { workerdAdapter } from './adapter.ts'

export interface WorkerdOptions {
  /** At most, those for guests in quarantine apart. 8 unless told otherwise; two are kept warm. */
  readonly maxProcesses?: number
  /** Programs that one process holds where all of them wait for their tools. 64 unless told otherwise. */
  readonly guestsPerProcess?: number
  /** Connections made ahead of need. 1 unless told otherwise; 0 makes each when it is asked for. */
  readonly ready?: number
}

const DEFAULT_GUESTS_PER_PROCESS = 64

/**
 * A sandbox of dynamic Workers, one for each program, in processes of workerd beside the host's that may be lost. Needs
 * the package `workerd`.
 *
 * @throws `TypeError` for options out of range; `SandboxError` `SANDBOX_UNAVAILABLE` where workerd is not installed
 */
export function workerd(options: WorkerdOptions = {}): Sandbox {
  assertKnownOptions('workerd()', options, ['maxProcesses', 'guestsPerProcess', 'ready'])
  const pool = processPool(options, DEFAULT_GUESTS_PER_PROCESS)
  return createSandbox(workerdAdapter(pool), {
    ready: atLeast('ready', options.ready ?? 1, 0),
    reader: createProgramReader(),
  })
}

export type { Sandbox }
