import { BACKEND_NAMES, type BackendName, loadBackend } from '@glovebox/backends/load'
import { createCodeMode, type Guarantees, type Sandbox, SandboxError } from '@glovebox/core'

/** Result of running a program on one backend. */
export type Examined = { readonly name: BackendName } & (
  | { readonly runs: true; readonly guarantees: Guarantees; readonly firstProgramMs: number }
  | { readonly runs: false; readonly why: string }
)

/**
 * Opens the named backend, or the strongest one that runs here.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` if the named backend is not available, or no backend runs here
 */
export async function openSandbox(name?: BackendName): Promise<Sandbox> {
  if (name !== undefined) return loadBackend(name)
  let reason: unknown
  for (const backend of BACKEND_NAMES) {
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
export async function examine(name: BackendName): Promise<Examined> {
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
async function openRunning(name: BackendName): Promise<Sandbox> {
  const sandbox = await loadBackend(name)
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
