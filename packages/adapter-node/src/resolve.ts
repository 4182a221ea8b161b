import { pathToFileURL } from 'node:url'

/** Node's `createRequire`, hidden from bundlers: they would resolve and include packages at build time. */
export const { createRequire } = process.getBuiltinModule('node:module')

/** Returns the URL of a module: its `import.meta.url` or, in a CommonJS bundle, the URL of the bundle's file. */
export const addressOf = (url: string | undefined): string => url ?? pathToFileURL(__filename).href

/**
 * Returns the path of an installed package's export, resolved from a module or, failing that, from the current folder.
 * Returns undefined if it is not installed.
 */
export function resolveInstalled(specifier: string, from: string): string | undefined {
  for (const start of startsFrom(from)) {
    try {
      return createRequire(start).resolve(specifier)
    } catch {
      // The package is not installed there.
    }
  }
  return undefined
}

/**
 * Lists the places to resolve from. A bundle may use packages that its project does not depend on directly: pnpm keeps
 * those in `node_modules/.pnpm/node_modules`.
 */
function* startsFrom(from: string): Generator<string> {
  const current = currentFolder()
  yield from
  if (current !== undefined) yield current.href
  for (const folder of [new URL('.', from), ...(current === undefined ? [] : [current])]) {
    for (let at = folder; ; at = new URL('..', at)) {
      yield new URL('node_modules/.pnpm/', at).href
      if (new URL('..', at).href === at.href) break
    }
  }
}

function currentFolder(): URL | undefined {
  try {
    return pathToFileURL(`${process.cwd()}/`)
  } catch {
    // The folder no longer exists.
    return undefined
  }
}
