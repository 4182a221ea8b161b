import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { readText, root } from './repository.ts'

interface Manifest {
  readonly name: string
  readonly exports?: { readonly [entry: string]: unknown }
}

/** Returns the declaration file of an entry in `exports`, or undefined if it has no types. */
function typesOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined
  const { types } = entry as { types?: unknown }
  return typeof types === 'string' ? types : undefined
}

/** Returns the exported names of each entry point, including types. */
function listExports(): Record<string, readonly string[]> {
  const files = new Map<string, string>()
  for (const folder of readdirSync(join(root, 'packages'))) {
    if (!existsSync(join(root, 'packages', folder, 'package.json'))) continue
    const { name, exports = {} }: Manifest = JSON.parse(readText(`packages/${folder}/package.json`))
    for (const [entry, target] of Object.entries(exports)) {
      const types = typesOf(target)
      if (types !== undefined) files.set(join(root, 'packages', folder, types), join(name, entry))
    }
  }
  const options = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [] }
  const program = ts.createProgram([...files.keys()], options)
  const checker = program.getTypeChecker()
  const listed = [...files].map(([file, entry]) => {
    const source = program.getSourceFile(file)
    const module = source && checker.getSymbolAtLocation(source)
    const names = module === undefined ? [] : checker.getExportsOfModule(module).map(({ name }) => name)
    return [entry, names.sort()] as const
  })
  return Object.fromEntries(listed.sort(([left], [right]) => (left < right ? -1 : 1)))
}

it('the packages export these names and no others; `vitest -u` updates the list', async () => {
  const lines = Object.entries(listExports()).map(([entry, names]) => `${entry}: ${names.join(' ')}\n`)
  await expect(lines.join('')).toMatchFileSnapshot('exports.txt')
})
