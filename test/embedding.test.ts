import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { startWorker } from '@glovebox/testing/start-worker'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import webpack from 'webpack'
import { install, pack } from './support/packed.ts'

const run = promisify(execFile)
const HOSTS = fileURLToPath(new URL('embedding/', import.meta.url))
const MAX_WAIT_MS = 300_000

let folder: string
let project: string
let tarballs: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glovebox-embedding-'))
  project = join(folder, 'project')
  tarballs = await pack(['ai-sdk', 'workerd'], join(folder, 'tarballs'))
  await install(project, [...tarballs, 'ai@7.0.173', 'vite@8.3.8', 'zod@4.6.7'])
  await cp(HOSTS, project, { recursive: true })
}, MAX_WAIT_MS)

afterAll(() => rm(folder, { recursive: true, force: true }))

/** Returns the name of the package in a tarball of `pack`. */
async function nameIn(file: string): Promise<string> {
  const { stdout } = await run('tar', ['-xzOf', file, 'package/package.json'])
  return JSON.parse(stdout).name
}

const outputOf = async (file: string): Promise<string> =>
  (await run(process.execPath, [file], { cwd: project, env: { NO_COLOR: '1' } })).stdout.trim()

/** Bundles `host.mjs` of a project with esbuild and returns the file of the bundle. */
async function bundle(folder: string, format: 'esm' | 'cjs'): Promise<string> {
  const outfile = join(folder, 'bundled', format === 'esm' ? 'host.mjs' : 'host.cjs')
  // Server bundlers define `require` like this for CommonJS packages.
  const js = "import { createRequire as from } from 'node:module'; const require = from(import.meta.url)"
  await build({
    entryPoints: [join(folder, 'host.mjs')],
    outfile,
    bundle: true,
    platform: 'node',
    format,
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
    ...(format === 'esm' ? { banner: { js } } : {}),
  })
  return outfile
}

describe('the engine, installed from its tarballs, works', { timeout: MAX_WAIT_MS }, () => {
  it('in an ES module', async () => {
    expect(await outputOf('host.mjs')).toBe('42')
  })

  it('in CommonJS', async () => {
    expect(await outputOf('host.cjs')).toBe('42')
  })

  it.each(['esm', 'cjs'] as const)('in an esbuild bundle in the format %s', async (format) => {
    expect(await outputOf(await bundle(project, format))).toBe('42')
  })

  it('in a bundle beside files of the host that have the names of workers', async () => {
    const file = await bundle(project, 'esm')
    for (const name of ['worker.js', 'reader.js', 'child.cjs', 'supervisor.js']) {
      await writeFile(join(dirname(file), name), '')
    }
    expect(await outputOf(file)).toBe('42')
  })

  it('in a webpack server bundle like that of Next.js', async () => {
    const compiler = webpack({
      mode: 'production',
      target: 'node22',
      context: project,
      entry: './host.mjs',
      output: { path: join(project, 'server'), filename: 'host.cjs', library: { type: 'commonjs2' } },
      optimization: { minimize: false },
    })
    const stats = await promisify(compiler.run.bind(compiler))()
    await promisify(compiler.close.bind(compiler))()
    expect(stats?.toJson({ all: false, errors: true }).errors).toEqual([])
    expect(await outputOf(join(project, 'server', 'host.cjs'))).toBe('42')
  })

  it.each(['external', 'bundled'] as const)('in a server that Vite builds, with %s packages', async (kind) => {
    const outDir = join(project, 'vite', kind)
    const ssr = kind === 'bundled' ? { noExternal: true } : {}
    await writeFile(join(project, 'vite.config.mjs'), `export default ${JSON.stringify({ ssr })}`)
    const command = join(project, 'node_modules', 'vite', 'bin', 'vite.js')
    await run(process.execPath, [command, 'build', '--ssr', 'host.mjs', '--outDir', outDir], { cwd: project })
    const file = join(outDir, 'host.js')
    expect(/from ['"]@glovebox\/core['"]/.test(await readFile(file, 'utf8'))).toBe(kind === 'external')
    expect(await outputOf(file)).toBe('42')
  })

  it('in a Cloudflare Worker, and reports a missing loader', async () => {
    const worker = await startWorker(pathToFileURL(join(project, 'cloudflare-worker.js')))
    try {
      expect(await (await fetch(worker.url)).json()).toBe(42)
      expect(await (await fetch(new URL('/without', worker.url))).json()).toEqual({
        code: 'SANDBOX_UNAVAILABLE',
        message: expect.stringContaining('workerLoader'),
      })
    } finally {
      await worker.stop()
    }
  })

  it('in a route of Next, which Turbopack bundles', async () => {
    const site = join(folder, 'next')
    await install(site, [...tarballs, 'next@16.4.6', 'react@19.2.7', 'react-dom@19.2.7'])
    await cp(join(HOSTS, 'next'), site, { recursive: true })
    const env = { ...process.env, NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' as const }
    const nextCommand = join(site, 'node_modules', 'next', 'dist', 'bin', 'next')
    await run(process.execPath, [nextCommand, 'build'], { cwd: site, env })
    const { stdout } = await run(process.execPath, ['serve.mjs'], { cwd: site, env })
    expect(stdout.trim().split('\n').at(-1)).toBe('42')
  })

  it('in a bundle in a project of pnpm, which does not hoist the packages that the engine needs', async () => {
    const strict = join(folder, 'pnpm')
    await mkdir(strict)
    const specifiers = await Promise.all(
      tarballs.map(async (file) => [(await nameIn(file)) as string, `file:${file}`] as const),
    )
    await writeFile(join(strict, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
    await writeFile(join(strict, 'pnpm-workspace.yaml'), JSON.stringify({ overrides: Object.fromEntries(specifiers) }))
    const direct = specifiers.filter(([name]) => /^@glovebox\/(?:core|quickjs)$/.test(name)).map(([, file]) => file)
    await run('npx', ['-y', 'pnpm@12.21.0', 'add', ...direct], { cwd: strict })
    await cp(join(HOSTS, 'host.mjs'), join(strict, 'host.mjs'))
    const outfile = await bundle(strict, 'cjs')
    const env = { NO_COLOR: '1' }
    expect((await run(process.execPath, [outfile], { cwd: strict, env })).stdout.trim()).toBe('42')

    // Without any packages around it, the bundle fails with the reason.
    const alone = join(folder, 'alone')
    await mkdir(alone)
    await cp(outfile, join(alone, 'host.cjs'))
    await expect(run(process.execPath, ['host.cjs'], { cwd: alone, env, timeout: 60_000 })).rejects.toMatchObject({
      stderr: expect.stringContaining('SANDBOX_UNAVAILABLE'),
    })
  })

  const browser = process.env.PATH?.split(delimiter)
    .map((place) => ts.sys.resolvePath(join(place, 'chromium')))
    .find((file) => ts.sys.fileExists(file))

  it.skipIf(browser === undefined)(
    'in a web page, with QuickJS in a Web Worker (needs chromium on the PATH)',
    async () => {
      const { outputFiles } = await build({
        entryPoints: [join(project, 'web-worker.js')],
        outdir: '/',
        bundle: true,
        write: false,
        format: 'esm',
        splitting: true,
        loader: { '.wasm': 'file' },
        logLevel: 'error',
      })
      const files = new Map(outputFiles.map(({ path, contents }) => [path, contents]))
      const page = `<script>
      const worker = new Worker('/web-worker.js', { type: 'module' })
      worker.onmessage = ({ data }) => { document.title = JSON.stringify(data) }
      worker.onerror = ({ message }) => { document.title = 'failed: ' + message }
    </script>`
      const types = { '.js': 'text/javascript', wasm: 'application/wasm' }
      const server = createServer(({ url = '/' }, response) => {
        const type = Object.entries(types).find(([end]) => url.endsWith(end))?.[1] ?? 'text/html'
        response.setHeader('Content-Type', type).end(files.get(url) ?? page)
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const opened = await chromium.launch({
        executablePath: browser as string,
        args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
      })
      try {
        const tab = await opened.newPage()
        await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
        await tab.waitForFunction(() => document.title !== '')
        expect(await tab.title()).toBe('42')
      } finally {
        await opened.close()
        server.close()
      }
    },
  )
})

describe.each([5, 6, 7])('the types of @glovebox/ai-sdk', { timeout: MAX_WAIT_MS }, (version) => {
  it(`are compatible with version ${version} of the AI SDK`, async () => {
    const user = join(folder, `user-of-${version}`)
    await install(user, [...tarballs, `ai@${version}`, 'zod@4.6.7'])
    await writeFile(join(user, 'types.ts'), await readFile(join(HOSTS, 'types.ts')))
    const program = ts.createProgram([join(user, 'types.ts')], {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      skipLibCheck: true,
      types: [],
    })
    const errors = ts.getPreEmitDiagnostics(program)
    expect(errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
  })
})
