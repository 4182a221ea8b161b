import { availableParallelism } from 'node:os'
import { createSandbox, type Sandbox } from '@glovebox/core/adapter'
import { atLeast } from '@glovebox/node'
import { workerdAdapter } from './adapter.ts'

export interface WorkerdOptions {
  /** At most, those for guests in quarantine apart. 8 unless told otherwise; two are kept warm. */
  readonly maxProcesses?: number
  /** Programs that one process holds where all of them wait for their tools. 64 unless told otherwise. */
  readonly guestsPerProcess?: number
  /** Connections made ahead of need. 1 unless told otherwise; 0 makes each when it is asked for. */
  readonly ready?: number
}

const DEFAULT_MAX_PROCESSES = 8
const DEFAULT_GUESTS_PER_PROCESS = 64

/**
 * A sandbox of dynamic Workers, one for each program, in processes of workerd beside the host's that may be lost. Needs
 * the package `workerd`.
 *
 * @throws `TypeError` for options out of range; `SandboxError` `SANDBOX_UNAVAILABLE` where workerd is not installed
 */
export function workerd(options: WorkerdOptions = {}): Sandbox {
  const max = atLeast('maxProcesses', options.maxProcesses ?? DEFAULT_MAX_PROCESSES, 1)
  const guestsPerProcess = atLeast('guestsPerProcess', options.guestsPerProcess ?? DEFAULT_GUESTS_PER_PROCESS, 1)
  const ready = atLeast('ready', options.ready ?? 1, 0)
  // Two at least: where one is lost, its guests go on in the other at once.
  const min = Math.min(max, Math.max(2, Math.min(4, availableParallelism())))
  return createSandbox(workerdAdapter({ min, max, guestsPerProcess }), { ready })
}

export type { Sandbox }
