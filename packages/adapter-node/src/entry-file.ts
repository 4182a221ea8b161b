import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { SandboxError } from '@glovebox/core/adapter'
import { addressOf, resolveInstalled } from './resolve.ts'

export interface EntryFile {
  /**
   * File name relative to the module that starts it, in the built package. A bundle may have the module but not the
   * file, so the name must be one that no other file of a bundle has.
   */
  readonly beside: string
  /** Specifier under which the package exports the file. Used if a bundler moved the module but not the file. */
  readonly specifier: string
  /** The `import.meta.url` of that module. Undefined in a CommonJS bundle. */
  readonly from: string | undefined
}

/**
 * Returns the file that a thread or process starts from, whether the host is bundled or not.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` if the host is bundled and the package is not installed
 */
export function entryFile({ beside, specifier, from }: EntryFile): URL {
  const home = addressOf(from)
  const file = new URL(beside, home)
  if (existsSync(fileURLToPath(file))) return file
  const installed = resolveInstalled(specifier, home)
  if (installed !== undefined) return pathToFileURL(installed)
  const name = specifier.split('/').slice(0, 2).join('/')
  throw new SandboxError(
    'SANDBOX_UNAVAILABLE',
    `${specifier} is not found from ${fileURLToPath(new URL('.', home))}: run \`npm install ${name}\` there, or keep ${name} out of the bundle`,
  )
}
