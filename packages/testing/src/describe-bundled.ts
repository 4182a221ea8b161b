import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { hostModule, named, outputOf } from './host.ts'
import type { ProcessBackend } from './process-backend.ts'

const BODY = `console.log(await run('const n: number = 2; return n * 21'))
  await sandbox.close()`

/** Returns a folder within the package, so that external dependencies of a bundle resolve as in a project. */
const folderWithin = ({ from }: ProcessBackend): string => fileURLToPath(new URL('../node_modules/.bundled/', from))

async function bundle(backend: ProcessBackend, folder: string, format: 'esm' | 'cjs'): Promise<string> {
  const host = hostModule(BODY, backend, named(backend))
  const within = folderWithin(backend)
  const name = format === 'esm' ? 'host.mjs' : 'host.cjs'
  // The source must be within the package; the bundle may be elsewhere. CommonJS has no top-level await.
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
    // Server bundlers define `require` like this for CommonJS packages.
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

/** Defines tests that a bundled host finds the processes and threads of an adapter. */
export function describeBundled(backend: ProcessBackend): void {
  describe('a bundled host', () => {
    it.each(['esm', 'cjs'] as const)('finds its processes and threads in the format %s', async (format) => {
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

    it('reports what to install if the engine is missing', async () => {
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
