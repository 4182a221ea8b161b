import { availableParallelism } from 'node:os'
import { createSandbox, type Sandbox } from '@glovebox/core/adapter'
import { atLeast } from '@glovebox/node'
import { isolatedVmAdapter } from './adapter.ts'

export interface IsolatedVmOptions {
  /** At most, those for guests in quarantine apart. 8 unless told otherwise; two are kept warm. */
  readonly maxProcesses?: number
  /** Programs that one process holds. 128 unless told otherwise; 1 gives each program a process of its own. */
  readonly guestsPerProcess?: number
  /** Guests made ahead of need. 1 unless told otherwise; 0 makes each when it is asked for. */
  readonly ready?: number
}

const DEFAULT_MAX_PROCESSES = 8
const DEFAULT_GUESTS_PER_PROCESS = 128

/**
 * A sandbox of V8 isolates, one for each program, in processes beside the host's that may be lost. Needs the package
 * `isolated-vm`.
 *
 * @throws `TypeError` for options out of range; `SandboxError` `SANDBOX_UNAVAILABLE` where isolated-vm is not installed
 */
export function isolatedVm(options: IsolatedVmOptions = {}): Sandbox {
  const max = atLeast('maxProcesses', options.maxProcesses ?? DEFAULT_MAX_PROCESSES, 1)
  const guestsPerProcess = atLeast('guestsPerProcess', options.guestsPerProcess ?? DEFAULT_GUESTS_PER_PROCESS, 1)
  const ready = atLeast('ready', options.ready ?? 1, 0)
  // Two at least: where one is lost, its guests go on in the other at once.
  const min = Math.min(max, Math.max(2, Math.min(4, availableParallelism())))
  return createSandbox(isolatedVmAdapter({ min, max, guestsPerProcess }), { ready })
}

export type { Sandbox }
