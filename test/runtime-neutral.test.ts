import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importsOf, readText, trackedFiles } from './repository.ts'

const isNodeBuiltIn = (specifier: string): boolean =>
  specifier.startsWith('node:') || builtinModules.includes(specifier)

/** Follows an entry through its chunks and returns all external imports. */
function externalImports(entry: string, read: (file: string) => string): Set<string> {
  const external = new Set<string>()
  const seen = new Set<string>()
  const pending = [entry]
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const specifier of importsOf(read(file))) {
      if (specifier.startsWith('.')) pending.push(join(dirname(file), specifier))
      else external.add(specifier)
    }
  }
  return external
}

describe('core is runtime-neutral', () => {
  it.each(['index', 'adapter', 'framework', 'guest', 'schema', 'typescript-workerd', 'typescript-browser'])(
    'the built entry %s imports no Node built-ins',
    (entry) => {
      const imports = [...externalImports(`packages/core/dist/${entry}.js`, readText)]
      expect(imports.filter(isNodeBuiltIn)).toEqual([])
    },
  )

  it('the sources import no Node built-ins', () => {
    const sources = trackedFiles().filter((file) => file.startsWith('packages/core/src/'))
    expect(sources.length).toBeGreaterThan(40)
    expect(sources.filter((file) => importsOf(readText(file)).some(isNodeBuiltIn))).toEqual([])
  })

  it('the check finds an import in a chunk', () => {
    const files: Record<string, string> = {
      'dist/index.js': 'export * from "./chunk.js"',
      'dist/chunk.js': 'import fs from "fs/promises"',
    }
    expect([...externalImports('dist/index.js', (file) => files[file] as string)].some(isNodeBuiltIn)).toBe(true)
  })
})
