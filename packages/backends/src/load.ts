import type { Sandbox } from '@glovebox/core'

/** Functions that load a backend and create a sandbox in Node, by backend, from the strongest boundary to the weakest. */
const LOADERS = {
  'isolated-vm': async () => (await import('@glovebox/isolated-vm')).isolatedVm(),
  workerd: async () => (await import('@glovebox/workerd')).workerd(),
  quickjs: async () => (await import('@glovebox/quickjs')).quickjs(),
} as const satisfies Readonly<Record<string, () => Promise<Sandbox>>>

/** Name of a backend that runs in Node. */
export type BackendName = keyof typeof LOADERS

/** Names of the backends, in this order. */
export const BACKEND_NAMES = Object.keys(LOADERS) as readonly BackendName[]

/**
 * Creates a sandbox, and loads only the backend that it needs.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` if the backend is not installed
 */
export const loadBackend = (name: BackendName): Promise<Sandbox> => LOADERS[name]()
