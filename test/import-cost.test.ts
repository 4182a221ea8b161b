import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './repository.ts'

/**
 * Largest size in kB of all modules that an import of a package loads, except those of Node. A host reads and compiles them
 * at every start, which takes about 40 ms per megabyte. Parts that are only needed later belong in a dynamic import.
 */
const LIMITS: { readonly [folder: string]: number } = {
  core: 1_150,
  quickjs: 1_130,
  'isolated-vm': 1_150,
  workerd: 1_280,
  'adapter-node': 1_125,
  mcp: 1_165,
  // Most of it is the SDK of MCP.
  'mcp-server': 3_080,
  glovebox: 1_395,
  'store-postgres': 1_110,
  'store-sqlite': 1_110,
  opentelemetry: 1_225,
  typecheck: 1_165,
}

/** Counts what is loaded. Hooks run in the thread that imports. */
const SCRIPT = `
import { registerHooks } from 'node:module'
let bytes = 0
const files = []
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.startsWith('node:')) {
      const length = loaded.source?.length ?? 0
      bytes += length
      files.push([url, length])
    }
    return loaded
  },
})
await import(process.argv[1])
console.log(JSON.stringify({ bytes, files }))
process.exit()`

describe('the import of a package', () => {
  it.each(Object.entries(LIMITS))('loads little: %s', (folder, kilobytes) => {
    const home = join(root, 'packages', folder)
    const { exports } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
      exports: { '.': { default: string } }
    }
    const entry = join(home, exports['.'].default)
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT, '--', entry], {
      encoding: 'utf8',
    })
    expect(stdout, stderr).toMatch(/^\{"bytes"/)
    const { bytes, files } = JSON.parse(stdout) as { bytes: number; files: [url: string, bytes: number][] }
    const largest = files.sort((left, right) => right[1] - left[1]).slice(0, 5)
    expect(bytes / 1_000, `largest modules: ${JSON.stringify(largest)}`).toBeLessThan(kilobytes)
    expect(bytes).toBeGreaterThan(100_000)
  })
})
