import type { Sandbox } from '@glovebox/core'
import { isolatedVm } from '@glovebox/isolated-vm'
import { quickjs } from '@glovebox/quickjs'
import { workerd } from '@glovebox/workerd'
import type { BackendName } from './load.ts'

export { BACKEND_NAMES, type BackendName } from './load.ts'

/** Functions that create a sandbox in Node, by backend, from the strongest boundary to the weakest. */
export const BACKENDS = {
  'isolated-vm': () => isolatedVm(),
  workerd: () => workerd(),
  quickjs: () => quickjs(),
} as const satisfies Readonly<Record<BackendName, () => Sandbox>>
