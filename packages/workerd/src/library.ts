import { addressOf, createRequire, resolveInstalled } from '@glovebox/adapter-node'
import { SandboxError } from '@glovebox/core/adapter'

/** The version that is tested. */
const VERSION = '1.20261117.1'

export interface Library {
  /** The path of its executable. */
  readonly executable: string
  readonly version: string
}

/** @throws `SandboxError` `SANDBOX_UNAVAILABLE` with the line that installs it */
export function findLibrary(): Library {
  const path = resolveInstalled('workerd', addressOf(import.meta.url))
  if (path === undefined) throw unavailable('workerd is not installed')
  try {
    const library = createRequire(path)(path) as { readonly default: string; readonly version: string }
    return { executable: library.default, version: library.version }
  } catch (error) {
    throw unavailable(`workerd has no executable for ${process.platform} ${process.arch} (${firstLine(error)})`)
  }
}

export function unavailable(detail: string): SandboxError {
  return new SandboxError('SANDBOX_UNAVAILABLE', `${detail}: run \`npm install workerd@${VERSION}\``)
}

const firstLine = (error: unknown): string => (error as Error).message.trim().split('\n')[0] as string
