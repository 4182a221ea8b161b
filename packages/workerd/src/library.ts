import { addressOf, createRequire, resolveInstalled } from '@glovebox/adapter-node'
import { SandboxError } from '@glovebox/core/adapter'

/** Version that this package is tested with. */
const VERSION = '1.20261117.1'

export interface Library {
  /** Path of the executable. */
  readonly executable: string
  readonly version: string
}

/**
 * Finds the installed package `workerd`.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` with the install command if it is not installed
 */
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

/** Creates an error with the install command. */
export function unavailable(detail: string): SandboxError {
  return new SandboxError('SANDBOX_UNAVAILABLE', `${detail}: run \`npm install workerd@${VERSION}\``)
}

const firstLine = (error: unknown): string => (error as Error).message.trim().split('\n')[0] as string
