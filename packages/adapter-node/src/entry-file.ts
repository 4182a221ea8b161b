import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { SandboxError } from '@glovebox/core/adapter'
import { addressOf, resolveInstalled } from './resolve.ts'

export interface EntryFile {
  /** Its name beside the module that starts it, as the packages are built. */
  readonly beside: string
  /** How its package exports it: a bundler leaves the file where it was. */
  readonly specifier: string
  /** The module's own `import.meta.url`; a bundle in CommonJS has none. */
  readonly from: string | undefined
}

/**
 * The file that a thread or a process starts from, bundled or not.
 *
 * @throws `SandboxError` `SANDBOX_UNAVAILABLE` where a bundle stands without its packages
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
