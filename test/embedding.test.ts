import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import webpack from 'webpack'
import { install, pack } from './support/packed.ts'
import { startWorker } from './support/start-worker.ts'

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
  await install(project, [...tarballs, 'ai@7.0.173', 'zod@4.6.7'])
  await cp(HOSTS, project, { recursive: true })
}, MAX_WAIT_MS)

afterAll(() => rm(folder, { recursive: true, force: true }))

const outputOf = async (file: string): Promise<string> =>
  (await run(process.execPath, [file], { cwd: project, env: { NO_COLOR: '1' } })).stdout.trim()

describe('the engine, installed from its tarballs, is embedded', { timeout: MAX_WAIT_MS }, () => {
  it('in an ES module', async () => {
    expect(await outputOf('host.mjs')).toBe('42')
  })

  it('in CommonJS', async () => {
    expect(await outputOf('host.cjs')).toBe('42')
  })

  it.each(['esm', 'cjs'] as const)('in a bundle of esbuild, as %s', async (format) => {
    const outfile = join(project, 'bundled', format === 'esm' ? 'host.mjs' : 'host.cjs')
    // As bundlers for servers do, where packages are written in CommonJS.
    const js = "import { createRequire as from } from 'node:module'; const require = from(import.meta.url)"
    await build({
      entryPoints: [join(project, 'host.mjs')],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'error',
      logOverride: { 'empty-import-meta': 'silent' },
      ...(format === 'esm' ? { banner: { js } } : {}),
    })
    expect(await outputOf(outfile)).toBe('42')
  })

  it("in a server's bundle of webpack, as Next makes it", async () => {
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

  it('in a Worker of Cloudflare, whose loader it is told of where there is none', async () => {
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

  const browser = process.env.PATH?.split(delimiter)
    .map((place) => ts.sys.resolvePath(join(place, 'chromium')))
    .find((file) => ts.sys.fileExists(file))

  it.skipIf(browser === undefined)(
    'in a page, where QuickJS is in a Web Worker (needs chromium on the PATH)',
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
  it(`fit version ${version} of the AI SDK`, async () => {
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
