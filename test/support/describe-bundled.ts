import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import type { Backend } from './backend.ts'
import { hostModule, named, outputOf } from './host.ts'

const BODY = `console.log(await run('const n: number = 2; return n * 21'))
  await sandbox.close()`

/** Below the package, so that what a bundle leaves out is found as in a project that has it installed. */
const folderWithin = ({ from }: Backend): string => fileURLToPath(new URL('../node_modules/.bundled/', from))

async function bundle(backend: Backend, folder: string, format: 'esm' | 'cjs'): Promise<string> {
  const host = hostModule(BODY, backend, named(backend))
  const within = folderWithin(backend)
  const name = format === 'esm' ? 'host.mjs' : 'host.cjs'
  // The sources are always where their packages are; where the bundle goes is another matter.
  // A bundle in CommonJS cannot wait at its top level.
  const [, imports = '', body = ''] = /^((?:\s*import .*\n)+)([\s\S]*)$/.exec(host) ?? []
  const source = join(within, `source-${format}.mjs`)
  await mkdir(within, { recursive: true })
  await writeFile(source, format === 'esm' ? host : `${imports}\n(async () => {${body}})()`)
  await build({
    entryPoints: [source],
    outfile: join(folder, name),
    bundle: true,
    platform: 'node',
    format,
    logLevel: 'silent',
    // As bundlers for servers do, where packages are written in CommonJS.
    ...(format === 'esm'
      ? {
          banner: {
            js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)",
          },
        }
      : {}),
  })
  return join(folder, name)
}

/** Tests that an adapter's processes and threads are found from a bundle. */
export function describeBundled(backend: Backend): void {
  describe('a bundled host', () => {
    it.each(['esm', 'cjs'] as const)('finds its processes and threads, as %s', async (format) => {
      const within = folderWithin(backend)
      await mkdir(within, { recursive: true })
      const folder = await mkdtemp(join(within, 'host-'))
      try {
        const file = await bundle(backend, folder, format)
        expect(await outputOf(spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] }))).toBe('42')
      } finally {
        await rm(folder, { recursive: true })
      }
    })

    it('is told what to install where the engine is not', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'glovebox-bundled-'))
      try {
        const file = await bundle(backend, folder, 'esm')
        const child = spawn(process.execPath, [file], { cwd: folder, env: {}, stdio: ['ignore', 'pipe', 'pipe'] })
        await expect(outputOf(child)).rejects.toThrow(backend.missing)
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  })
}
