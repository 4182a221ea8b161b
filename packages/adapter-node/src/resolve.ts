import { pathToFileURL } from 'node:url'

/** Node's own, out of sight of bundlers: they would look for what is installed when they bundle, and put it in. */
export const { createRequire } = process.getBuiltinModule('node:module')

/** Where a module is: its `import.meta.url`, or in a bundle in CommonJS, which has none, the bundle's file. */
export const addressOf = (url: string | undefined): string => url ?? pathToFileURL(__filename).href

/** The path of an installed package's export, as found from a module or, failing that, from the current folder. */
export function resolveInstalled(specifier: string, from: string): string | undefined {
  for (const start of [() => from, () => pathToFileURL(`${process.cwd()}/`).href]) {
    try {
      return createRequire(start()).resolve(specifier)
    } catch {
      // Not installed there, or there is no such folder any more.
    }
  }
  return undefined
}
