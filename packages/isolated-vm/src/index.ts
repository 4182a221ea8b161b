import { createProgramReader, processPool } from '@glovebox/adapter-node'
import { assertKnownOptions, atLeast, createSandbox, type Sandbox } from '@glovebox/core/adapter'
import { isolatedVmAdapter } from './adapter.ts'

export interface IsolatedVmOptions {
  /** At most, those for guests in quarantine apart. 8 unless told otherwise; two are kept warm. */
  readonly maxProcesses?: number
  /** Programs that one process holds. 128 unless told otherwise; 1 gives each program a process of its own. */
  readonly guestsPerProcess?: number
  /** Guests made ahead of need. 1 unless told otherwise; 0 makes each when it is asked for. */
  readonly ready?: number
}

const DEFAULT_GUESTS_PER_PROCESS = 128

/**
 * A sandbox of V8 isolates, one for each program, in processes beside the host's that may be lost. Needs the package
 * `isolated-vm`.
 *
 * @throws `TypeError` for options out of range; `SandboxError` `SANDBOX_UNAVAILABLE` where isolated-vm is not installed
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
