/** Builds or serves the documentation site: `pnpm site`. Installs the locked project in `site/` if it has changed. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const site = join(root, 'site')

/** Exit code if the package registry cannot be reached. */
const UNREACHABLE = 75
const NETWORK_ERRORS = [
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ERR_SOCKET_TIMEOUT',
  'ETIMEDOUT',
]

const HELP = `Usage: pnpm site [build | dev | preview] [--out <folder>] [--base <path>]

  build     builds the site into site/.vitepress/dist (default)
  dev       serves the site and reloads pages when they change
  preview   serves the built site

  --out     another folder for the build, relative to the current one
  --base    path under which the site is served, such as /glovebox/. Default: /

All commands first install the locked project in site/ and write the API reference, if they are out of date.
The exit code is ${UNREACHABLE} if the package registry cannot be reached.`

/** Runs a command. With `quiet`, resolves with its output instead of showing it. */
function run(command, args, { cwd = root, env = {}, quiet = false, shell = false } = {}) {
  return new Promise((done, reject) => {
    let output = ''
    const child = spawn(command, args, {
      cwd,
      shell,
      stdio: quiet ? ['ignore', 'pipe', 'inherit'] : ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    })
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.on('error', reject)
    child.on('close', (code) => done({ code: code ?? 1, output }))
  })
}

/** Runs a script on this Node. */
const runScript = (script, args, options) => run(process.execPath, [script, ...args], options)

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files.toSorted())
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0')
  return hash.digest('hex')
}

/** Runs an action unless the stamp says that it has run for the same files. */
async function once(stamp, files, action) {
  const wanted = hashOf(files)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  await action()
  writeFileSync(stamp, wanted)
}

/** Returns the error code in the output of `npm --json`, which is text if npm cannot start. */
function npmErrorCode(output) {
  try {
    return JSON.parse(output).error?.code
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined
    throw cause
  }
}

class SiteError extends Error {
  exitCode

  constructor(message, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

async function install() {
  console.log('▸ Installing the locked project in site/ …')
  const { code, output } = await run('npm', ['ci', '--json', '--include=dev'], {
    cwd: site,
    quiet: true,
    shell: process.platform === 'win32',
  })
  if (code === 0) return
  const reason = npmErrorCode(output)
  if (NETWORK_ERRORS.includes(reason)) throw new SiteError(`The registry cannot be reached: ${reason}`, UNREACHABLE)
  throw new SiteError(`npm ci failed in site/:\n${output}`)
}

async function writeApiReference() {
  console.log('▸ Writing the API reference …')
  const typedoc = join(root, 'node_modules/typedoc/bin/typedoc')
  if (!existsSync(typedoc)) throw new SiteError('Install the project first: npx -y pnpm@12.21.0 install')
  const { code } = await runScript(typedoc, [
    '--options',
    join(site, 'typedoc.json'),
    '--treatWarningsAsErrors',
    '--logLevel',
    'Warn',
  ])
  if (code !== 0) throw new SiteError(`typedoc failed with exit code ${code}`)
}

async function vitepress(command, { out, base = '/' }) {
  const args = [command, site, ...(out === undefined ? [] : ['--outDir', resolve(out)])]
  const { code } = await runScript(join(site, 'node_modules/vitepress/bin/vitepress.js'), args, {
    env: { SITE_BASE: base.endsWith('/') ? base : `${base}/` },
  })
  if (code !== 0) throw new SiteError(`vitepress failed with exit code ${code}`)
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, base: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  const [command = 'build', ...rest] = positionals
  if (values.help) return console.log(HELP)
  if (!['build', 'dev', 'preview'].includes(command) || rest.length > 0) throw new SiteError(HELP, 2)

  await once(join(site, 'node_modules/.stamp'), ['site/package-lock.json', 'site/.npmrc'], install)
  if (command !== 'preview') {
    const sources = globSync('packages/*/{src/**/*.ts,package.json}', { cwd: root })
    const settings = [
      'typedoc.json',
      'tsconfig.typedoc.json',
      'site/typedoc.json',
      'site/typedoc-plugin.mjs',
      'pnpm-lock.yaml',
    ]
    await once(join(site, 'api/.stamp'), [...sources, ...settings, 'site/package-lock.json'], writeApiReference)
  }
  await vitepress(command, values)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof SiteError ? error.message : error)
  process.exitCode = error.exitCode ?? 1
}
