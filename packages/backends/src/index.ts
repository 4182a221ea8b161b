import type { Sandbox } from '@glovebox/core'
import { isolatedVm } from '@glovebox/isolated-vm'
import { quickjs } from '@glovebox/quickjs'
import { workerd } from '@glovebox/workerd'

/** Functions that create a sandbox in Node, by backend, from the strongest boundary to the weakest. */
export const BACKENDS = {
  'isolated-vm': () => isolatedVm(),
  workerd: () => workerd(),
  quickjs: () => quickjs(),
} as const satisfies Readonly<Record<string, () => Sandbox>>

/** Name of a backend that runs in Node. */
export type BackendName = keyof typeof BACKENDS

/** Names of the backends, in the order of `BACKENDS`. */
export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly BackendName[]
