import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, extname, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readText, root, trackedFiles } from './repository.ts'

const MAX_WAIT_MS = 600_000
/** Exit code of `scripts/site.mjs` if the package registry cannot be reached. */
const UNREACHABLE = 75
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

const packages = readdirSync(join(root, 'packages'))

it('the API reference covers every entry that a package exports with types', () => {
  const { entryPoints } = JSON.parse(readText('typedoc.json')) as { entryPoints: string[] }
  const entries = packages.flatMap((name) => {
    const { exports } = JSON.parse(readText(`packages/${name}/package.json`)) as { exports: Record<string, unknown> }
    const source = existsSync(join(root, `packages/${name}/src/entries`)) ? 'src/entries' : 'src'
    return Object.entries(exports)
      .filter(([, target]) => typeof target === 'object')
      .map(([subpath]) => (subpath === '.' ? 'index' : subpath.slice('./'.length)))
      .map((entry) => `packages/${name}/${source}/${entry}.ts`)
  })
  expect([...entryPoints].sort()).toEqual(entries.sort())
})

/** Returns the path of the page that a file of the repository becomes. */
const pathOf = (file: string): string =>
  `/${file
    .replace(/^docs\//, '')
    .replace(/^(packages\/[^/]+)\/README\.md$/, '$1')
    .replace(/(^|\/)README\.md$/, '$1')
    .replace(/\.md$/, '')}`

const sources = trackedFiles().filter(
  (file) => /^(?:docs\/.*|packages\/[^/]+\/README)\.md$/.test(file) && existsSync(join(root, file)),
)
const API_PAGE = '/api/core/functions/createCodeMode'

function build(out: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    let output = ''
    // Vitest's environment variables would change the build.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(?:NODE_ENV|VITE|VITEST)/.test(name)),
    )
    const child = spawn(process.execPath, ['scripts/site.mjs', 'build', '--out', out], { cwd: root, env })
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

const executablePath = process.env.PATH?.split(delimiter)
  .map((place) => join(place, 'chromium'))
  .find((file) => existsSync(file))

describe('the documentation site', { timeout: MAX_WAIT_MS }, () => {
  let folder: string
  let missing: string | undefined
  let server: Server | undefined
  let origin: string
  let browser: Browser | undefined

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glovebox-site-'))
    const { code, output } = await build(folder)
    if (code === UNREACHABLE) missing = 'the registry of packages cannot be reached'
    else expect(code, output).toBe(0)
    if (missing !== undefined || executablePath === undefined) return
    server = createServer(async ({ url = '/' }, response) => {
      const file = fileAt(decodeURIComponent(new URL(url, 'http://site').pathname))
      if (file === undefined) return response.writeHead(404).end()
      response.writeHead(200, {
        'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
        'Cache-Control': 'max-age=600',
      })
      response.end(await readFile(file))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
    })
  }, MAX_WAIT_MS)

  afterAll(async () => {
    await browser?.close()
    server?.close()
    await rm(folder, { recursive: true, force: true })
  })

  beforeEach(({ skip }) => skip(missing !== undefined, missing))

  /** Returns the file that is served for a path, as GitHub Pages does. */
  const fileAt = (path: string): string | undefined =>
    [path, `${path}.html`, `${path}index.html`]
      .map((name) => join(folder, name))
      .find((file) => existsSync(file) && statSync(file).isFile())

  const idsIn = (html: string): Set<string> =>
    new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id as string))

  it('has a page for each page of docs and for the README of each package', () => {
    expect(sources.length).toBeGreaterThan(30)
    expect(sources.filter((file) => fileAt(pathOf(file)) === undefined)).toEqual([])
  })

  it('has an API page of createCodeMode, with a link to its source', () => {
    const html = readFileSync(fileAt(API_PAGE) ?? '', 'utf8')
    expect(html).toContain('Function: createCodeMode()')
    const source = /href="https:\/\/github\.com\/glovebox-engine\/glovebox\/blob\/main\/(packages\/[^"#]+)#L\d+"/.exec(
      html,
    )
    expect(trackedFiles()).toContain(source?.[1])
  })

  it('has no link to a page, a heading or a file that does not exist', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'))
    const ids = new Map<string, Set<string>>()
    const dead: string[] = []
    for (const file of files) {
      const html = readFileSync(join(folder, file), 'utf8')
      for (const [, href = ''] of html.matchAll(/<a [^>]*?href="([^"]+)"/g)) {
        const url = new URL(href.replaceAll('&amp;', '&'), `http://site/${file.replace(/(?:index)?\.html$/, '')}`)
        if (url.host === 'github.com') {
          const path = /^\/glovebox-engine\/glovebox\/(?:blob|tree|edit)\/main\/(.+)$/.exec(url.pathname)?.[1]
          if (path !== undefined && !existsSync(join(root, path))) dead.push(`${file}: ${href}`)
        }
        if (url.host !== 'site') continue
        const target = fileAt(decodeURIComponent(url.pathname))
        if (target !== undefined && !ids.has(target)) ids.set(target, idsIn(readFileSync(target, 'utf8')))
        const heading = decodeURIComponent(url.hash.slice(1))
        if (target === undefined || (heading !== '' && !ids.get(target)?.has(heading))) dead.push(`${file}: ${href}`)
      }
    }
    expect(files.length).toBeGreaterThan(200)
    expect(dead).toEqual([])
  })

  describe.skipIf(executablePath === undefined)('in a browser (needs chromium on the PATH)', () => {
    let problems: string[]

    async function open(options: { width: number; dark?: boolean }): Promise<Page> {
      const page = await (browser as Browser).newPage({
        viewport: { width: options.width, height: 800 },
        colorScheme: options.dark ? 'dark' : 'light',
      })
      page.setDefaultTimeout(180_000)
      problems = []
      page.on('pageerror', ({ message }) => problems.push(message))
      page.on('console', (entry) => entry.type() === 'error' && problems.push(entry.text()))
      page.on(
        'response',
        (response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`),
      )
      return page
    }

    it('pages fit a screen of 375 pixels and log no errors', async () => {
      const page = await open({ width: 375 })
      // Without it, each page loads those that it links to.
      await page.addInitScript(() => Object.defineProperty(navigator, 'connection', { value: { saveData: true } }))
      const wide: string[] = []
      for (const path of ['/', '/api/', API_PAGE, '/api/core/interfaces/CodeModeOptions', ...sources.map(pathOf)]) {
        await page.goto(origin + path)
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        if (overflow > 0) wide.push(`${path}: ${overflow} px`)
      }
      await page.close()
      expect(wide).toEqual([])
      expect(problems).toEqual([])
    })

    it('the search finds terms of guides and names of the API', async () => {
      const page = await open({ width: 1280 })
      await page.goto(origin)
      for (const [term, path] of [
        ['createCodeMode', API_PAGE],
        ['quarantine', '/concepts/how-it-works'],
      ] as const) {
        const input = page.locator('#localsearch-input')
        // The page handles the key once its scripts have run.
        const opens = async () => {
          await page.keyboard.press('Control+k')
          return await input.isVisible()
        }
        await expect.poll(opens, { timeout: MAX_WAIT_MS / 10, interval: 500 }).toBe(true)
        await input.fill(term)
        // By its address, because results of the previous term remain for a moment.
        await page.locator(`.VPLocalSearchBox .result[href^="${path}"]`).first().click()
        await page.waitForURL((url) => url.pathname === path)
      }
      await page.close()
      expect(problems).toEqual([])
    })

    it.each([false, true])('follows the colour scheme of the system (dark: %s)', async (dark) => {
      const page = await open({ width: 1280, dark })
      await page.goto(origin)
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(background === 'rgb(255, 255, 255)').toBe(!dark)
      await page.getByRole('link', { name: 'Get started' }).click()
      await page.getByRole('heading', { name: 'Getting started' }).waitFor()
      await page.close()
      expect(problems).toEqual([])
    })
  })
})
