import { createCodeMode, type Guarantees, type Sandbox, SandboxError } from '@glovebox/core'
import { isolatedVm } from '@glovebox/isolated-vm'
import { quickjs } from '@glovebox/quickjs'
import { workerd } from '@glovebox/workerd'

const MAKERS = {
  'isolated-vm': () => isolatedVm(),
  workerd: () => workerd(),
  quickjs: () => quickjs(),
} as const

/** Name of a backend. */
export type Backend = keyof typeof MAKERS

/** Backends from the strongest boundary to the weakest. */
export const BACKENDS = Object.keys(MAKERS) as readonly Backend[]

/** Result of running a program on one backend. */
export type Examined = { readonly name: Backend } & (
  | { readonly runs: true; readonly guarantees: Guarantees; readonly firstProgramMs: number }
  | { readonly runs: false; readonly why: string }
)

/**
 * Opens the named backend, or the strongest one that runs here.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` if the named backend is not available, or no backend runs here
 */
export async function openSandbox(name?: Backend): Promise<Sandbox> {
  if (name !== undefined) return MAKERS[name]()
  let reason: unknown
  for (const backend of BACKENDS) {
    try {
      return await openRunning(backend)
    } catch (error) {
      if (!isUnavailable(error)) throw error
      reason = error
    }
  }
  throw reason
}

/** Runs a program on a backend and returns the backend's guarantees, or why it does not run. */
export async function examine(name: Backend): Promise<Examined> {
  const started = performance.now()
  try {
    await using sandbox = await openRunning(name)
    return { name, runs: true, guarantees: sandbox.guarantees, firstProgramMs: performance.now() - started }
  } catch (error) {
    if (!isUnavailable(error)) throw error
    return { name, runs: false, why: error.message }
  }
}

/** Opens a backend and runs a program on it, because an installed backend may still fail to run. */
async function openRunning(name: Backend): Promise<Sandbox> {
  const sandbox = MAKERS[name]()
  try {
    await using codeMode = await createCodeMode({ sandbox, tools: {} })
    await codeMode.execute('return 1')
    return sandbox
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

function isUnavailable(error: unknown): error is SandboxError {
  return error instanceof SandboxError && error.code === 'SANDBOX_UNAVAILABLE'
}
