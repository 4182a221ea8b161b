import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { SandboxError } from '@glovebox/core/adapter'

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
  const home = from ?? pathToFileURL(__filename).href
  const file = new URL(beside, home)
  if (existsSync(fileURLToPath(file))) return file
  for (const start of [home, pathToFileURL(`${process.cwd()}/`).href]) {
    try {
      return pathToFileURL(createRequire(start).resolve(specifier))
    } catch {
      // Not installed there.
    }
  }
  const name = specifier.split('/').slice(0, 2).join('/')
  throw new SandboxError(
    'SANDBOX_UNAVAILABLE',
    `${specifier} is not found from ${fileURLToPath(new URL('.', home))}: run \`npm install ${name}\` there, or keep ${name} out of the bundle`,
  )
}
